#!/usr/bin/env bash
# matrix.sh VERSION...: runs the tests on real servers (TestReal..., in zk, recipes and zktest) on each of these versions of
# ZooKeeper, and prints a table: how many tests passed, failed and were skipped, and why. It fails if a test fails, a
# version cannot be had, or no test ran on one.
#
#   TESTS=regexp   other tests
#   LOGS=dir       where the output of each run goes; default: a directory of its own, kept if anything failed
set -euo pipefail
cd "$(dirname "$0")/../.."

tests=${TESTS:-^TestReal}
logs=${LOGS:-$(mktemp -d)}
mkdir -p "$logs"
unset ZOOKEEPER_PATH ZOOKEEPER_CLASSPATH
if [ $# = 0 ]; then
	echo "usage: matrix.sh VERSION..." >&2
	exit 2
fi

packages=()
for package in zk recipes zktest; do # those that have such tests
	go test -c -o "$logs/$package.test" "./$package"
	[ -z "$("$logs/$package.test" -test.list "$tests")" ] || packages+=("$package")
done

count() { grep -a -c -E "^ *--- $1:" "$log" || true; } # count PASS|FAIL|SKIP

failed=0
rows=()
row() { rows+=("$(printf '%-10s %6s %6s %6s %7s  %s' "$@")"); }
for version in "$@"; do
	log=$logs/$version.log
	if ! ZOOKEEPER_VERSION=$version zktest/scripts/fetch-zookeeper.sh >/dev/null; then
		row "$version" - - - - "cannot be had"
		failed=1
		continue
	fi
	begun=$SECONDS
	status=ok
	: >"$log"
	for package in "${packages[@]}"; do
		(cd "$package" && ZOOKEEPER_VERSION=$version "$logs/$package.test" -test.v -test.timeout 15m -test.run "$tests") >>"$log" 2>&1 ||
			status="see $log"
	done
	passed=$(count PASS)
	[ "$passed" != 0 ] || status="no test passed; see $log"
	[ "$status" = ok ] || failed=1
	row "$version" "$passed" "$(count FAIL)" "$(count SKIP)" "$((SECONDS - begun)) s" "$status"
	if [ "$status" != ok ]; then
		grep -a -E '^ *--- FAIL:|^panic:' "$log" | sed "s/^ */$version: /" || true
	fi
	grep -a -h -E "_test.go:[0-9]+: ZooKeeper $version: the test needs" "$log" | sed 's/^ *//' | sort -u || true
done

printf '\n%-10s %6s %6s %6s %7s\n' ZooKeeper passed failed skipped time
printf '%s\n' "${rows[@]}"
[ "$failed" = 1 ] || [ -n "${LOGS:-}" ] || rm -rf "$logs"
exit $failed
