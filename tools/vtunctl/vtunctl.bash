# SPDX-License-Identifier: GPL-2.0-only
# bash completion for vtunctl(8)

_vtunctl_names() {
	# A name has neither ':' nor white space in it.
	vtunctl ${netns:+-n "$netns"} list 2>/dev/null |
		sed -n 's/^\([^: ]*\): .*/\1/p'
}

# _vtunctl_words WORDS BEGINNING
_vtunctl_words() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# Completes the word after a keyword; fails if it is none with a value.
_vtunctl_value() {
	case $1 in
	mode) _vtunctl_words 'tun tap' "$2" ;;
	persist) _vtunctl_words 'on off' "$2" ;;
	pi | vnet_hdr | backpressure | keep_carrier)
		# Of a new device they need no value.
		[[ $command == set ]] || return 1
		_vtunctl_words 'on off' "$2"
		;;
	netns) _vtunctl_words "$(ls /run/netns 2>/dev/null)" "$2" ;;
	queues | index | mtu | txqueuelen | address | alias | altname) ;;
	user) mapfile -t COMPREPLY < <(compgen -W none -u -- "$2") ;;
	group) mapfile -t COMPREPLY < <(compgen -W none -g -- "$2") ;;
	*) return 1 ;;
	esac
}

# _vtunctl_program WORD: a program stands there, and what follows is its own
_vtunctl_program() {
	if declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	elif (($1 == COMP_CWORD)); then
		mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[$1]}")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
	fi
}

_vtunctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} i=1 netns='' command='' words=''
	local -i after

	COMPREPLY=()
	while ((i < COMP_CWORD)) && [[ ${COMP_WORDS[i]} == -* ]]; do
		if [[ ${COMP_WORDS[i]} =~ ^--?n(etns)?$ ]]; then
			if ((++i == COMP_CWORD)); then
				_vtunctl_words "$(ls /run/netns 2>/dev/null)" "$cur"
				return
			fi
			netns=${COMP_WORDS[i]}
		fi
		((i++))
	done
	if ((i == COMP_CWORD)); then
		_vtunctl_words '-j -p -s -n -V add del set list show watch top exec doctor help' "$cur"
		return
	fi

	command=${COMP_WORDS[i]}
	if [[ $command == exec ]]; then
		((++i < COMP_CWORD)) && [[ ${COMP_WORDS[i]} == -- ]] && ((i++))
		_vtunctl_program $i
		return
	fi
	if ((i + 1 < COMP_CWORD)) && [[ ${COMP_WORDS[i + 1]} == @(dev|name) ]]; then
		((i++))
	fi
	after=COMP_CWORD-i
	case $command in
	add)
		((after == 1)) && return
		words='mode user group pi vnet_hdr multi_queue queues persist backpressure keep_carrier index mtu txqueuelen address netns alias altname'
		;;
	set)
		words='user group pi vnet_hdr persist backpressure keep_carrier queues'
		((after == 1)) && words=$(_vtunctl_names)
		;;
	doctor)
		((after == 1)) && words=$(_vtunctl_names)
		;;
	list)
		words='-s'
		;;
	show)
		words='-s'
		((after == 1)) && words="-s $(_vtunctl_names)"
		;;
	watch)
		words='-j'
		((after == 1)) && words="-j $(_vtunctl_names)"
		;;
	top)
		[[ ${COMP_WORDS[COMP_CWORD - 1]} == -d ]] && return
		words="-d -1 -s -j $(_vtunctl_names)"
		;;
	del | delete)
		words=$(_vtunctl_names)
		;;
	esac
	if ((after > 2)) && [[ $command == @(add|set) ]] &&
		_vtunctl_value "${COMP_WORDS[COMP_CWORD - 1]}" "$cur"; then
		return
	fi
	_vtunctl_words "$words" "$cur"
}

complete -F _vtunctl vtunctl
