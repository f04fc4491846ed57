#!/usr/bin/env bash
# Usage: internal/tools/fuzz.sh SECONDS LIMIT
#
# Shares SECONDS of fuzzing among all fuzz tests of the module, at least two
# to each. Starts no more of them once LIMIT seconds have passed since the
# first was started, and says which are left. The order is drawn anew each
# time, so that over some runs all of them get their turn.
set -euo pipefail

total=$1 limit=$2
go=${GO:-go}

# Asked of all packages, "go test -list" would link the tests of each, for minutes.
mapfile -t packages < <(grep -rlE --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u)

# "go test -list" prints the names of a package's tests and then its result:
#	FuzzParseWhen
#	ok  	github.com/comity-project/comity/domain/calendar	0.012s
list=$("$go" test -vet=off -list '^Fuzz' "${packages[@]}") || { echo "$list"; exit 1; }
mapfile -t targets < <(awk '
	/^Fuzz/ { names[n++] = $1; next }
	/^ok/   { for (i = 0; i < n; i++) print $2, names[i]; n = 0 }
' <<<"$list" | shuf)

if ((${#targets[@]} == 0)); then
	echo "no fuzz tests"
	exit 0
fi
each=$((total / ${#targets[@]}))
((each >= 2)) || each=2
echo "${#targets[@]} fuzz tests, ${each} s each"

SECONDS=0
for i in "${!targets[@]}"; do
	read -r package name <<<"${targets[i]}"
	if ((SECONDS >= limit)); then
		echo "out of time, left for another run:"
		printf '  %s\n' "${targets[@]:i}"
		break
	fi
	if ! out=$("$go" test -vet=off -run '^$' -fuzz "^${name}\$" -fuzztime "${each}s" -fuzzminimizetime 2s "$package" 2>&1); then
		# The fuzzer sometimes reports the end of its own time as a failure
		# (golang.org/issue/75804); a finding always names the input it wrote.
		if grep -q 'Failing input written' <<<"$out" || ! grep -q 'context deadline exceeded' <<<"$out"; then
			echo "$out"
			exit 1
		fi
	fi
	echo "ok  $package $name ($(grep -o 'execs: [0-9]*' <<<"$out" | tail -1))"
done
