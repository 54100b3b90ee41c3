package java

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// What Find could not find. The error it returns says where it looked and what to do.
var (
	ErrNoZooKeeper = errors.New("no ZooKeeper")
	ErrNoJava      = errors.New("no Java")
)

// An Install is a ZooKeeper that can be started.
type Install struct {
	Java      string   // path of the java command
	Classpath []string // jars; java's wildcards are allowed
	Version   string   // as in the name of its jar, "3.9.5"; "" when the jar does not tell
	Origin    string   // what named it, for people: a directory or an environment variable
}

// Find returns the ZooKeeper to test with, the first of:
//
//   - ZOOKEEPER_PATH: an unpacked distribution, or a directory where Debian's libzookeeper-java puts its jars;
//   - ZOOKEEPER_CLASSPATH: the server's whole class path;
//   - ZOOKEEPER_VERSION: that version in [Cache];
//   - the newest version in [Cache], which `make zookeeper` fills.
//
// The java command is JAVA_HOME's, else the one in PATH. The error is ErrNoZooKeeper or ErrNoJava, wrapped.
func Find() (Install, error) {
	in, err := findZooKeeper()
	if err != nil {
		return Install{}, err
	}
	in.Java, err = findJava()
	return in, err
}

// Cache is the directory that holds a directory VERSION/lib of jars for each version fetched:
// gazoo/zookeeper below XDG_CACHE_HOME, or below ~/.cache where that is not set.
func Cache() string {
	base := os.Getenv("XDG_CACHE_HOME")
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			home = os.TempDir()
		}
		base = filepath.Join(home, ".cache")
	}
	return filepath.Join(base, "gazoo", "zookeeper")
}

func findZooKeeper() (Install, error) {
	if dir := os.Getenv("ZOOKEEPER_PATH"); dir != "" {
		if in, ok := inspect(dir); ok {
			return in, nil
		}
		return Install{}, fmt.Errorf("%w: ZOOKEEPER_PATH=%s has no zookeeper-VERSION.jar, nor has its lib: "+
			"name an unpacked distribution, or unset it and run `make zookeeper`", ErrNoZooKeeper, dir)
	}
	if path := os.Getenv("ZOOKEEPER_CLASSPATH"); path != "" {
		return fromClasspath(path)
	}
	cache := Cache()
	version := os.Getenv("ZOOKEEPER_VERSION")
	if version == "" {
		if version = newest(cache); version == "" {
			return Install{}, fmt.Errorf("%w: none in %s: run `make zookeeper`, "+
				"or set ZOOKEEPER_PATH to an unpacked distribution", ErrNoZooKeeper, cache)
		}
	}
	if in, ok := inspect(filepath.Join(cache, version)); ok {
		return in, nil
	}
	return Install{}, fmt.Errorf("%w: no version %s in %s: run `make zookeeper ZOOKEEPER_VERSION=%s`",
		ErrNoZooKeeper, version, cache, version)
}

func findJava() (string, error) {
	if home := os.Getenv("JAVA_HOME"); home != "" {
		path, err := exec.LookPath(filepath.Join(home, "bin", "java"))
		if err != nil {
			return "", fmt.Errorf("%w: JAVA_HOME=%s has no bin/java: correct or unset it", ErrNoJava, home)
		}
		return path, nil
	}
	path, err := exec.LookPath("java")
	if err != nil {
		return "", fmt.Errorf("%w: no java in PATH: install a Java runtime "+
			"(Debian: apt-get install default-jre-headless), or set JAVA_HOME", ErrNoJava)
	}
	return path, nil
}

func fromClasspath(path string) (Install, error) {
	in := Install{Classpath: filepath.SplitList(path), Origin: "ZOOKEEPER_CLASSPATH"}
	for _, entry := range in.Classpath {
		if m := jarName.FindStringSubmatch(filepath.Base(entry)); m != nil {
			in.Version = m[1]
		}
	}
	if slices.ContainsFunc(in.Classpath, func(entry string) bool {
		_, err := os.Stat(strings.TrimSuffix(entry, "*"))
		return err == nil
	}) {
		return in, nil
	}
	return Install{}, fmt.Errorf("%w: nothing that ZOOKEEPER_CLASSPATH=%s names exists: "+
		"correct it, or unset it and run `make zookeeper`", ErrNoZooKeeper, path)
}

var jarName = regexp.MustCompile(`^zookeeper-(\d+\.\d+\.\d+[0-9A-Za-z.-]*)\.jar$`)

// inspect finds the server's jars in dir: a distribution has them in lib, and before 3.5 the main one beside lib.
func inspect(dir string) (Install, bool) {
	for _, place := range []string{"lib", ".", "usr/share/java"} {
		place = filepath.Join(dir, place)
		version := ""
		jars := jarsIn(place)
		for _, jar := range jars {
			if m := jarName.FindStringSubmatch(filepath.Base(jar)); m != nil && version == "" {
				version = m[1]
			}
		}
		if debian := filepath.Join(place, "zookeeper.jar"); slices.Contains(jars, debian) {
			// The directory of every Java library of the system: the jar's manifest names those it needs, except
			// where to log.
			jars = slices.DeleteFunc(jars, func(jar string) bool {
				name := filepath.Base(jar)
				return jar != debian && name != "slf4j-log4j12.jar" && name != "log4j-1.2.jar"
			})
		} else if version == "" {
			continue
		}
		if place == filepath.Clean(dir) {
			jars = append(jars, jarsIn(filepath.Join(dir, "lib"))...)
		}
		return Install{Classpath: jars, Version: version, Origin: dir}, true
	}
	return Install{}, false
}

func jarsIn(dir string) []string {
	jars, _ := filepath.Glob(filepath.Join(dir, "*.jar"))
	return slices.DeleteFunc(jars, func(jar string) bool {
		return strings.HasSuffix(jar, "-sources.jar") || strings.HasSuffix(jar, "-javadoc.jar") || strings.HasSuffix(jar, "-tests.jar")
	})
}

// newest returns the highest version that cache holds, or "".
func newest(cache string) string {
	entries, _ := os.ReadDir(cache)
	best := ""
	for _, entry := range entries {
		if _, ok := inspect(filepath.Join(cache, entry.Name())); !ok || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		if best == "" || slices.Compare(numbers(entry.Name()), numbers(best)) > 0 {
			best = entry.Name()
		}
	}
	return best
}

// numbers reads "3.10.1-SNAPSHOT" as 3, 10, 1.
func numbers(version string) (ns []int) {
	version, _, _ = strings.Cut(version, "-")
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			break
		}
		ns = append(ns, n)
	}
	return ns
}

// AtLeast reports whether the version is want ("3.6") or later; false when it is not known.
func (in Install) AtLeast(want string) bool {
	return in.Version != "" && slices.Compare(numbers(in.Version), numbers(want)) >= 0
}
