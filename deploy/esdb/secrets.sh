#!/bin/sh
# Makes deploy/secrets/, which deploy/compose.yaml reads, once: passwords by chance, and
# the settings of the replicas from comity.yaml beside this file. It overwrites nothing.
#
#	esdb.env           the first passwords of admin and ops
#	admin.login        admin:PASSWORD, for access.sh
#	comity.login       comity:PASSWORD, the user as whom comity writes
#	comity.yaml        settings of both replicas; say in it who may ask
set -eu

here="$(cd "$(dirname "$0")" && pwd)"
to="${1:-$here/../secrets}"
umask 077
if ! mkdir "$to"; then
	echo "secrets.sh: $to is there already: it holds the passwords of a cluster that may be in use" >&2
	exit 1
fi
cd "$to"

# Letters and digits alone, so that nothing need be quoted anywhere.
chance() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

admin="$(chance)"
printf 'EVENTSTORE_DEFAULT_ADMIN_PASSWORD=%s\nEVENTSTORE_DEFAULT_OPS_PASSWORD=%s\n' "$admin" "$(chance)" > esdb.env
printf 'admin:%s\n' "$admin" > admin.login
printf 'comity:%s\n' "$(chance)" > comity.login
sed -e "s/PAGE_KEY/$(chance)/" "$here/comity.yaml" > comity.yaml

# Each container reads its own as a user that is nobody here, so the files are open and
# the folder is not.
chmod 644 ./*
echo "made $to: write into comity.yaml there who may ask, before the replicas start"
