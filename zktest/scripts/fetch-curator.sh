#!/usr/bin/env bash
# fetch-curator.sh VERSION: puts that release of Apache Curator's recipes, and what they need, where the tests look for it,
#
#     ${XDG_CACHE_HOME:-~/.cache}/gazoo/curator/VERSION/*.jar
#
# and prints that directory. Maven resolves it, with the ZooKeeper client that the release was made with. A version that is
# already there costs nothing and needs no network. A version's directory appears in one rename, so an interrupted run
# leaves nothing half done and two runs at once are harmless.
set -euo pipefail

version=${1:-}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gazoo/curator

say() { echo "fetch-curator: $*" >&2; }
die() { say "$*"; exit 1; }

case $version in
'' | *[!A-Za-z0-9.]*) die "not a version: '$version'" ;;
esac
if [ -d "$cache/$version" ]; then
	echo "$cache/$version"
	exit 0
fi
command -v mvn >/dev/null || die "no Maven: apt-get install maven"
mkdir -p "$cache"
work=$(mktemp -d "$cache/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Netty's native libraries for five platforms are half of the download, and the JDK's own TLS does the same job.
cat >"$work/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>gazoo</groupId><artifactId>curator-for-tests</artifactId><version>$version</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.curator</groupId><artifactId>curator-recipes</artifactId><version>$version</version>
      <exclusions>
        <exclusion><groupId>io.netty</groupId><artifactId>netty-tcnative-boringssl-static</artifactId></exclusion>
      </exclusions>
    </dependency>
  </dependencies>
</project>
POM
say "Maven resolves Curator $version"
run() { # run ARGUMENT...: Maven, whose output is shown only when it fails
	log=$(mvn -B -q -f "$work/pom.xml" -DoutputDirectory="$work/new" "$@" 2>&1) || {
		grep -F '[ERROR]' <<<"$log" | head -n 5 >&2 || true
		die "Maven could not fetch Curator $version"
	}
}
run dependency:copy-dependencies -DincludeScope=runtime
api=$(ls "$work/new" | sed -n 's/^slf4j-api-\(.*\)\.jar$/\1/p')
run dependency:copy -Dartifact="org.slf4j:slf4j-simple:$api" # or nobody hears what it logs
ls "$work"/new/curator-recipes-*.jar >/dev/null 2>&1 || die "no Curator among what was fetched"
mv -T "$work/new" "$cache/$version" 2>/dev/null || # not everywhere has -T; somebody else may have been faster
	[ -d "$cache/$version" ] || mv "$work/new" "$cache/$version" || die "cannot write $cache/$version"
echo "$cache/$version"
