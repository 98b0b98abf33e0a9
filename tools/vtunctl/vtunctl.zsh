#compdef vtunctl
# SPDX-License-Identifier: GPL-2.0-only
# zsh completion for vtunctl(8)

local -a vtunctl_netns

_vtunctl_devices() {
	local -a names

	names=(${${(M)${(f)"$(vtunctl $vtunctl_netns list 2>/dev/null)"}:#[^[:space:]]*: *}%%: *})
	_wanted devices expl 'vtun device' compadd -a names
}

_vtunctl_namespaces() {
	_alternative 'names:network namespace:compadd -- /run/netns/*(N:t)' 'files:path of a namespace:_files'
}

# The word after a keyword; fails if it is none with a value.
_vtunctl_value() {
	local expl

	case $1 in
	mode) _wanted modes expl mode compadd tun tap ;;
	persist) _wanted states expl state compadd on off ;;
	pi | vnet_hdr | backpressure | keep_carrier)
		# Of a new device they need no value.
		[[ $2 == set ]] || return 1
		_wanted states expl state compadd on off
		;;
	netns) _vtunctl_namespaces ;;
	queues | index | mtu | txqueuelen) _message 'number' ;;
	address) _message 'Ethernet address' ;;
	alias) _message 'text' ;;
	altname) _message 'alternative name' ;;
	user) _alternative 'users:user:_users' 'nobody:nobody:(none)' ;;
	group) _alternative 'groups:group:_groups' 'nobody:nobody:(none)' ;;
	*) return 1 ;;
	esac
}

# _vtunctl_keywords WORD...: those that are not there yet, or may be there again
_vtunctl_keywords() {
	local -a left
	local expl

	left=(${@:|words} ${${(M)@:#altname}:*words})
	_wanted keywords expl keyword compadd -a left
}

_vtunctl_command() {
	local name=$words[1]
	local -a before

	# Who wants may say what a name is.
	if (( CURRENT > 2 )) && [[ $words[2] == (dev|name) ]]; then
		words[2]=()
		(( CURRENT-- ))
	fi
	before=(${words[2,CURRENT-1]})
	case $name in
	add)
		if (( ! $#before )); then
			_message 'name of the new device'
		else
			_vtunctl_value $words[CURRENT-1] add || _vtunctl_keywords mode user group pi vnet_hdr multi_queue queues \
				persist backpressure keep_carrier index mtu txqueuelen address netns alias altname
		fi
		;;
	set)
		if (( ! $#before )); then
			_vtunctl_devices
		else
			_vtunctl_value $words[CURRENT-1] set || _vtunctl_keywords user group pi vnet_hdr persist \
				backpressure keep_carrier queues
		fi
		;;
	doctor)
		(( $#before )) || _vtunctl_devices
		;;
	list) _vtunctl_keywords -s ;;
	show)
		_vtunctl_keywords -s
		(( $#before )) || _vtunctl_devices
		;;
	top)
		if [[ $words[CURRENT-1] == -d ]]; then
			_message 'seconds'
		else
			_vtunctl_keywords -d -1 -s -j
			_vtunctl_devices
		fi
		;;
	watch)
		_vtunctl_keywords -j
		(( $#before )) || _vtunctl_devices
		;;
	del | delete) _vtunctl_devices ;;
	exec)
		shift words
		(( CURRENT-- ))
		if [[ $words[1] == -- ]] && (( CURRENT > 1 )); then
			shift words
			(( CURRENT-- ))
		fi
		_normal
		;;
	esac
}

_vtunctl() {
	local curcontext=$curcontext state line expl
	local -A opt_args
	local -a subcommands

	subcommands=(
		'add:create a device that stays'
		'del:delete devices'
		'set:change a device'
		'list:show all devices'
		'show:show one device'
		'watch:tell what happens to devices'
		'top:show rates of devices and queues, live'
		'doctor:tell why something does not work'
		'exec:run a program for which /dev/net/tun is vtun'
		'help:show all commands'
	)
	_arguments -C -S -A '-*' \
		'(-j -json --json)'{-j,-json,--json}'[print JSON]' \
		'(-p -pretty --pretty)'{-p,-pretty,--pretty}'[indent the JSON]' \
		'(-s -stats --stats -statistics --statistics)'{-s,-stats,--stats,-statistics,--statistics}'[show statistics]' \
		'(-n -netns --netns)'{-n,-netns,--netns}'[network namespace]:namespace:_vtunctl_namespaces' \
		'(-)'{-V,-Version,--Version}'[print the version]' \
		'(-)'{-h,-help,--help}'[show all commands]' \
		'1:command:->command' '*::argument:->argument' && return
	case $state in
	command) _describe -t commands 'vtunctl command' subcommands ;;
	argument)
		vtunctl_netns=(${opt_args[-n]:+-n ${opt_args[-n]}})
		_vtunctl_command
		;;
	esac
}

_vtunctl "$@"
