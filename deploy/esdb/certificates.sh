#!/bin/sh
# Makes what TLS needs, in the container "certificates" of deploy/compose.yaml:
#
#	/authority/ca/    the authority: ca.crt and its key, which goes nowhere else
#	/nodes/N/         of node N: node.crt, node.key and ca/ca.crt
#	/ca/ca.crt        for clients: tlsCAFile in the address of the log
#
# Outside Docker, run es-gencert-cli as below on one machine, keep the key of the authority
# off the nodes, and copy to each node what is its own.
#
# All nodes have one authority and one common name (the tool's: eventstoredb-node), by which
# they know one another. What a client or another node dials must be in the certificate: the
# address by which nodes replicate, and the name under which they are advertised to clients.
#
# Nothing that is there is made again, unless RENEW=1: then the nodes get new certificates
# of the same authority, and take them on SIGHUP:
#
#	RENEW=1 docker compose -f deploy/compose.yaml run --rm certificates
#	docker compose -f deploy/compose.yaml kill -s SIGHUP esdb1    # then esdb2, esdb3
set -eu

# Who the server is in its image: others can't read the keys. ROOT is where the folders
# are, if not at the root.
owner="${OWNER:-1000:1000}"
root="${ROOT:-}"

cd "$root/authority"
if [ ! -f ca/ca.crt ]; then
	es-gencert-cli create-ca -out ./ca
fi

for n in 1 2 3; do
	node="$root/nodes/$n"
	if [ ! -f "$node/node.crt" ] || [ "${RENEW:-}" = 1 ]; then
		rm -rf "new$n"
		es-gencert-cli create-node \
			-ca-certificate ./ca/ca.crt -ca-key ./ca/ca.key -out "./new$n" \
			-ip-addresses "127.0.0.1,172.30.240.1$n" -dns-names "localhost,esdb$n"
		mkdir -p "$node/ca"
		cp ca/ca.crt "$node/ca/ca.crt"
		# The certificate last: it says that all is there.
		mv "new$n/node.key" "$node/node.key"
		mv "new$n/node.crt" "$node/node.crt"
		rm -rf "new$n"
	fi
	chown -R "$owner" "$node"
	chmod 600 "$node/node.key"
done

cp ca/ca.crt "$root/ca/ca.crt"
chmod 755 "$root/ca"
chmod 644 "$root/ca/ca.crt"
