#!/bin/sh
# Says at the server who may read and write: the user "comity" and the members of $admins,
# and nobody else. comity is no member of $admins: it can't delete a stream, nor change how
# long its records are kept, nor who may read it. Run it as often as you like.
#
#	NODE=https://esdb1:2113 CA=ca.crt SECRETS=deploy/secrets STREAM=office sh access.sh
#
# NODE is any node, STREAM the name at the end of the address of the log, and SECRETS a
# folder with admin.login and comity.login, each of one line NAME:PASSWORD. The nodes need
# EVENTSTORE_ENABLE_ATOM_PUB_OVER_HTTP=true for it; they may lose it afterwards. TRIES and
# PAUSE say how often a node that is not ready is asked (60 times), and after how many
# seconds again (2).
#
# The streams are STREAM, STREAM-checkpoints, and STREAM-body-HASH for every ruleset text
# and attachment. The last are many and made as they are needed, so that a list of their own
# can't be given to each beforehand: the right is in the list that holds for streams without
# one. It is of the whole cluster. Where other programs keep streams in the same cluster,
# give theirs lists of their own first, or a cluster of its own to comity.
set -eu

: "${NODE:?}" "${CA:?}" "${SECRETS:?}" "${STREAM:?}"
admin="$(cat "$SECRETS/admin.login")"
comity="$(cat "$SECRETS/comity.login")"
password="${comity#comity:}"
umask 077
said="$(mktemp)"
body="$(mktemp)"
trap 'rm -f "$said" "$body"' EXIT

# call USER:PASSWORD PATH ARGS... prints the status, 000 if nobody answered. The password
# goes in by a pipe, and bodies by a file, so that no list of processes shows them.
call() {
	who="$1" path="$2"
	shift 2
	printf 'user = "%s"\n' "$who" |
		curl --config - --silent --cacert "$CA" --max-time 10 \
			--output "$said" --write-out '%{http_code}' "$@" "$NODE$path" || true
}

stop() {
	echo "access.sh: $1" >&2
	cat "$said" >&2
	exit 1
}

# The user. Until a leader is elected, and has made the user admin, the answer is neither of
# these.
printf '{"loginName": "comity", "fullName": "comity", "groups": [], "password": "%s"}' "$password" > "$body"
tries=0
while :; do
	status="$(call "$admin" /users --header 'Content-Type: application/json' --data "@$body")"
	case "$status" in
	201) echo "made the user comity"; break ;;
	409) echo "there is a user comity"; break ;;
	esac
	tries=$((tries + 1))
	if [ "$tries" -ge "${TRIES:-60}" ]; then
		case "$status" in
		401 | 403) stop "the password in admin.login is not that of admin (status $status): the server takes EVENTSTORE_DEFAULT_ADMIN_PASSWORD only when its volumes are new" ;;
		esac
		stop "no user could be made at $NODE (status $status)"
	fi
	sleep "${PAUSE:-2}"
done
if [ "$status" = 409 ]; then
	printf '{"newPassword": "%s"}' "$password" > "$body"
	status="$(call "$admin" /users/comity/command/reset-password --header 'Content-Type: application/json' --data "@$body")"
	[ "$status" = 200 ] || stop "the password of comity could not be set (status $status)"
fi

# Who may do what with streams that have no list of their own, and with those whose names
# begin with $. mr is for comity too: it looks whether somebody set $maxAge, $maxCount or
# $tb, which would cut the log off.
rights='{
	"$userStreamAcl": {
		"$r": ["$admins", "comity"], "$w": ["$admins", "comity"], "$mr": ["$admins", "comity"],
		"$d": "$admins", "$mw": "$admins"
	},
	"$systemStreamAcl": {"$r": "$admins", "$w": "$admins", "$d": "$admins", "$mr": "$admins", "$mw": "$admins"}
}'
printf '[{"eventId": "%s", "eventType": "update-default-acl", "data": %s}]' "$(cat /proc/sys/kernel/random/uuid)" "$rights" > "$body"
status="$(call "$admin" /streams/%24settings --header 'Content-Type: application/vnd.eventstore.events+json' --data "@$body")"
[ "$status" = 201 ] || stop "who may read and write could not be set (status $status): is EVENTSTORE_ENABLE_ATOM_PUB_OVER_HTTP true?"

# What was said is in force: comity may read its stream, which may not be there yet, and
# may not read what is the server's own. A node that follows hears of a new user a moment
# after the leader, and until then does not know him.
tries=0
while :; do
	status="$(call "$comity" "/streams/$STREAM" --header 'Accept: application/vnd.eventstore.atom+json')"
	case "$status" in
	200 | 404) break ;;
	esac
	tries=$((tries + 1))
	[ "$tries" -lt "${TRIES:-60}" ] || stop "comity may not read $STREAM (status $status)"
	sleep "${PAUSE:-2}"
done
status="$(call "$comity" /streams/%24settings --header 'Accept: application/vnd.eventstore.atom+json')"
case "$status" in
401 | 403) ;;
*) stop "comity reads \$settings (status $status): is it a member of \$admins?" ;;
esac
echo "comity may read and write $STREAM, and is nobody else"
