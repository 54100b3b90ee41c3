#!/usr/bin/env bash
# fetch-zookeeper.sh: puts the jars of an Apache ZooKeeper server where the tests look for them,
#
#     ${XDG_CACHE_HOME:-~/.cache}/gazoo/zookeeper/VERSION/lib/*.jar
#
# and prints that directory. A version that is already there costs nothing and needs no network. A version's directory
# appears in one rename, so an interrupted run leaves nothing half done and two runs at once are harmless.
#
#   ZOOKEEPER_PATH, ZOOKEEPER_CLASSPATH   the tests use what these name: nothing to fetch
#   ZOOKEEPER_VERSION                     that version and no other (Maven only; 3.3.6 to 3.9); default: zookeeper.version
#   GAZOO_FETCH=maven|debian              only that source; default: Maven where `mvn` exists, else Debian
#
# Maven resolves org.apache.zookeeper:zookeeper. Debian's source is its libzookeeper-java package and its direct
# dependencies, downloaded and unpacked beside the system: needs no root, installs nothing, has one version only.
set -euo pipefail

default=$(cat "$(dirname "$0")/zookeeper.version")
version=${ZOOKEEPER_VERSION:-$default}
source=${GAZOO_FETCH:-}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gazoo/zookeeper

say() { echo "fetch-zookeeper: $*" >&2; }
die() { say "$*"; exit 1; }
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n1)" = "$2" ]; } # at_least HAVE WANT
found() { say "$(basename "$1") is in $1"; echo "$1"; exit 0; }

if [ -n "${ZOOKEEPER_PATH:-}${ZOOKEEPER_CLASSPATH:-}" ]; then
	say "using ${ZOOKEEPER_PATH:-ZOOKEEPER_CLASSPATH}"
	exit 0
fi
case $version in
'' | *[!A-Za-z0-9.-]*) die "not a version: '$version'" ;;
esac

dependency() { # dependency GROUP ARTIFACT [VERSION]
	echo "    <dependency><groupId>$1</groupId><artifactId>$2</artifactId>${3:+<version>$3</version>}<scope>runtime</scope>"
	# Its native libraries for five platforms are most of the download, and the JDK's own TLS does the same job.
	# The other three are optional to the log4j of ZooKeeper 3.3, and no longer published.
	echo "      <exclusions>"
	for excluded in io.netty:netty-tcnative-boringssl-static javax.jms:jms com.sun.jdmk:jmxtools com.sun.jmx:jmxri; do
		echo "        <exclusion><groupId>${excluded%:*}</groupId><artifactId>${excluded#*:}</artifactId></exclusion>"
	done
	echo "      </exclusions>"
	echo "    </dependency>"
}

# The published pom of ZooKeeper calls some jars "provided" that a server cannot start without; its parent knows which
# versions of them belong to the release.
pom() {
	echo '<project xmlns="http://maven.apache.org/POM/4.0.0">'
	echo '  <modelVersion>4.0.0</modelVersion>'
	echo "  <groupId>gazoo</groupId><artifactId>zookeeper-for-tests</artifactId><version>$version</version><packaging>pom</packaging>"
	if at_least "$version" 3.6; then
		echo '  <dependencyManagement><dependencies><dependency>'
		echo "    <groupId>org.apache.zookeeper</groupId><artifactId>parent</artifactId><version>$version</version><type>pom</type><scope>import</scope>"
		echo '  </dependency></dependencies></dependencyManagement>'
	fi
	echo '  <dependencies>'
	dependency org.apache.zookeeper zookeeper "$version"
	if at_least "$version" 3.6; then
		dependency io.dropwizard.metrics metrics-core
		dependency org.xerial.snappy snappy-java
	fi
	echo '  </dependencies>'
	echo '</project>'
}

from_maven() { # from_maven DIR
	local api
	say "Maven resolves ZooKeeper $version"
	pom >"$1/pom.xml"
	quiet_mvn "$1" dependency:copy-dependencies -DincludeScope=runtime || return 1
	# Old releases bring log4j along. The others log into nothing, unless somebody binds slf4j to something.
	if ! ls "$1/lib" | grep -q -E '^(slf4j-(log4j12|reload4j)|logback-classic)-'; then
		api=$(ls "$1/lib" | sed -n 's/^slf4j-api-\(.*\)\.jar$/\1/p')
		[ -z "$api" ] || # 3.3 logs by log4j itself
			quiet_mvn "$1" dependency:copy -Dartifact="org.slf4j:slf4j-simple:$api" || return 1
	fi
}

quiet_mvn() { # quiet_mvn DIR ARGUMENT...: into DIR/lib; its output only when it fails
	local dir=$1 log
	shift
	log=$(mvn -B -q -f "$dir/pom.xml" -DoutputDirectory="$dir/lib" "$@" 2>&1) || {
		grep -F '[ERROR]' <<<"$log" | head -n 5 >&2 || true
		return 1
	}
}

from_debian() { # from_debian DIR; sets version
	local packages name root=$1/root
	packages=$(apt-cache depends libzookeeper-java 2>/dev/null | sed -n 's/^ *Depends: \(lib.*-java\)$/\1/p')
	if [ -z "$packages" ] && [ "$(id -u)" = 0 ]; then # a bare image comes without package lists
		say "apt-get update"
		apt-get update -qq >&2 || return 1
		packages=$(apt-cache depends libzookeeper-java 2>/dev/null | sed -n 's/^ *Depends: \(lib.*-java\)$/\1/p')
	fi
	[ -n "$packages" ] || { say "apt knows no libzookeeper-java (run 'apt-get update')"; return 1; }
	say "Debian's packages: libzookeeper-java and what it needs"
	mkdir -p "$root" "$1/lib"
	# shellcheck disable=SC2086 # a list of package names
	(cd "$root" && apt-get download -qq libzookeeper-java $packages 2>/dev/null) || { say "apt-get download failed"; return 1; }
	for name in "$root"/*.deb; do dpkg -x "$name" "$root"; done
	# Debian's jars name each other by absolute path in their manifests; copied side by side they need no manifest.
	for name in commons-cli commons-io findbugs-annotations log4j-1.2 metrics-core netty-buffer netty-codec netty-common \
		netty-handler netty-resolver netty-transport netty-transport-classes-epoll netty-transport-native-epoll \
		netty-transport-native-unix-common slf4j-api slf4j-log4j12 snappy-java zookeeper-jute; do
		[ ! -e "$root/usr/share/java/$name.jar" ] || cp -L "$root/usr/share/java/$name.jar" "$1/lib/"
	done
	version=$(dpkg-deb -f "$root"/libzookeeper-java_*.deb Version)
	version=${version%%-*}
	cp -L "$root/usr/share/java/zookeeper.jar" "$1/lib/zookeeper-$version.jar"
	rm -rf "$root"
}

publish() { # publish DIR: the one rename
	ls "$1"/lib/zookeeper-[0-9]*.jar >/dev/null 2>&1 || die "no zookeeper jar among what was fetched"
	chmod 755 "$1"
	mv -T "$1" "$cache/$version" 2>/dev/null || # not everywhere has -T; somebody else may have been faster
		[ -d "$cache/$version/lib" ] || mv "$1" "$cache/$version" || die "cannot write $cache/$version"
	found "$cache/$version"
}

[ ! -d "$cache/$version/lib" ] || found "$cache/$version"
mkdir -p "$cache"
work=$(mktemp -d "$cache/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

if [ "$source" != debian ] && command -v mvn >/dev/null; then
	! from_maven "$work" || publish "$work"
	say "Maven could not fetch ZooKeeper $version"
fi
[ "$source" != maven ] || die "no Maven here, or it failed"
[ -z "${ZOOKEEPER_VERSION:-}" ] || die "ZooKeeper $version comes from Maven only: install maven, or set ZOOKEEPER_PATH"
if [ "$source" != debian ]; then
	for dir in "$cache"/[0-9]*/; do # some version is better than none, and needs no network
		[ ! -d "$dir/lib" ] || found "${dir%/}"
	done
fi
if command -v apt-get >/dev/null && command -v dpkg >/dev/null; then
	rm -rf "$work" && mkdir "$work"
	! from_debian "$work" || publish "$work"
fi
die "install Maven (Debian: apt-get install maven), or unpack a ZooKeeper distribution and set ZOOKEEPER_PATH to it"
