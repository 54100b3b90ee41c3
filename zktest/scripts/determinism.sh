#!/usr/bin/env bash
# determinism.sh SEEDS: runs the same seeds in every way in which a simulation may be run, and compares the trace hashes:
# with and without the race detector, on one core and on two, processes as coroutines and as goroutines.
set -euo pipefail
cd "$(dirname "$0")/../.."
seeds=${1:?how many seeds}
test=TestSimLockShort
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

go test -c -o "$out/plain" ./recipes
go test -race -c -o "$out/race" ./recipes

first=
for build in plain race; do
	for procs in 1 2; do
		for tier in coroutines goroutines; do
			name=$build-$procs-$tier
			(cd recipes && GOMAXPROCS=$procs ZKSIM_TIER=$tier ZKSIM_SEEDS="$seeds" ZKSIM_HASHES="$out/$name" \
				"$out/$build" -test.run "^$test\$" -test.timeout 0 >"$out/$name.log" 2>&1) || {
				cat "$out/$name.log"
				exit 1
			}
			first=${first:-$name}
			if ! cmp -s "$out/$first" "$out/$name"; then
				echo "$name differs from $first:"
				diff "$out/$first" "$out/$name" | head -4
				exit 1
			fi
			echo "$name: $(wc -l <"$out/$name") seeds, the same as $first"
		done
	done
done
echo "0 differences"
