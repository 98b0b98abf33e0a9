# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# OpenVPN between two namespaces, and a file sent through: for the test and the
# demonstration. OpenVPN is the distribution's, and gets nothing but options.

# vpn_keys DIRECTORY: an authority and a certificate for each side, made now
vpn_keys() {
	local side

	vpn_certificate "$1" ca authority -addext keyUsage=critical,keyCertSign
	for side in server client; do
		vpn_certificate "$1" $side $side -CA "$1/ca.crt" -CAkey "$1/ca.key" \
			-addext basicConstraints=CA:FALSE \
			-addext keyUsage=digitalSignature \
			-addext extendedKeyUsage=${side}Auth
	done
}

# vpn_certificate DIRECTORY FILE NAME OPTION...
vpn_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
		-subj "/CN=$3" -days 2 "${@:4}" \
		-keyout "$1/$2.key" -out "$1/$2.crt" 2>"$1/openssl.log"
}

# vpn_side NAMESPACE DIRECTORY server|client NODE tun|tap DEVICE OPTION...
# Becomes OpenVPN; start it in the background.
vpn_side() {
	exec ip netns exec "$1" openvpn --dev-node "$4" --dev-type "$5" --dev "$6" \
		--ca "$2/ca.crt" --cert "$2/$3.crt" --key "$2/$3.key" \
		--proto udp4 --topology subnet --disable-dco --verb 3 "${@:7}"
}

# vpn_listen NAMESPACE PORT FILE: becomes the receiver of one file
vpn_listen() {
	exec ip netns exec "$1" socat -u "TCP-LISTEN:$2,reuseaddr" "CREATE:$3"
}

# vpn_send NAMESPACE ADDRESS PORT FILE: until the receiver is there, half a minute
vpn_send() {
	ip netns exec "$1" socat -u "FILE:$4" "TCP:$2:$3,retry=60,interval=0.5"
}

# vpn_sum FILE
vpn_sum() {
	sha256sum <"$1" | cut -d " " -f 1
}
