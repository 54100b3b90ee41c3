#!/usr/bin/env bash
# fetch-kazoo.sh VERSION [PYTHON]: puts that release of Kazoo, and what it needs, where the tests look for it,
#
#     ${XDG_CACHE_HOME:-~/.cache}/gazoo/kazoo/VERSION
#
# and prints that directory, which is for PYTHONPATH. A version that is already there costs nothing and needs no network. A
# version's directory appears in one rename, so an interrupted run leaves nothing half done and two runs at once are
# harmless. Nothing is installed: pip only unpacks. PYTHON, default python3, is the interpreter to fetch for; it needs pip.
set -euo pipefail

version=${1:-}
python=${2:-python3}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gazoo/kazoo

say() { echo "fetch-kazoo: $*" >&2; }
die() { say "$*"; exit 1; }

case $version in
'' | *[!A-Za-z0-9.]*) die "not a version: '$version'" ;;
esac
if [ -d "$cache/$version/kazoo" ]; then
	echo "$cache/$version"
	exit 0
fi
"$python" -m pip --version >/dev/null 2>&1 || die "$python has no pip: apt-get install python3-pip"
mkdir -p "$cache"
work=$(mktemp -d "$cache/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
say "pip fetches Kazoo $version"
log=$("$python" -m pip install --disable-pip-version-check --no-compile --target "$work/new" "kazoo==$version" 2>&1) || {
	tail -n 5 <<<"$log" >&2
	die "pip could not fetch Kazoo $version"
}
mv -T "$work/new" "$cache/$version" 2>/dev/null || # not everywhere has -T; somebody else may have been faster
	[ -d "$cache/$version/kazoo" ] || mv "$work/new" "$cache/$version" || die "cannot write $cache/$version"
echo "$cache/$version"
