package java

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// environment makes a world without ZooKeeper and returns its cache directory.
func environment(t *testing.T) (cache string) {
	t.Helper()
	for _, name := range []string{"ZOOKEEPER_PATH", "ZOOKEEPER_CLASSPATH", "ZOOKEEPER_VERSION", "JAVA_HOME"} {
		t.Setenv(name, "")
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	touch(t, filepath.Join(bin, "java"))
	return Cache()
}

func touch(t *testing.T, path string) string {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, nil, 0o755))
	return path
}

func TestFindSaysWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(t *testing.T, cache string)
		want    error
		says    string
	}{
		"empty cache": {func(*testing.T, string) {}, ErrNoZooKeeper, "make zookeeper"},
		"no such version": {func(t *testing.T, cache string) {
			touch(t, filepath.Join(cache, "3.9.5/lib/zookeeper-3.9.5.jar"))
			t.Setenv("ZOOKEEPER_VERSION", "3.4.14")
		}, ErrNoZooKeeper, "make zookeeper ZOOKEEPER_VERSION=3.4.14"},
		"wrong path": {func(t *testing.T, _ string) { t.Setenv("ZOOKEEPER_PATH", t.TempDir()) }, ErrNoZooKeeper, "ZOOKEEPER_PATH"},
		"wrong class path": {func(t *testing.T, _ string) {
			t.Setenv("ZOOKEEPER_CLASSPATH", "/nonexistent/a.jar:/nonexistent/*")
		}, ErrNoZooKeeper, "ZOOKEEPER_CLASSPATH"},
		"no java": {func(t *testing.T, cache string) {
			touch(t, filepath.Join(cache, "3.9.5/lib/zookeeper-3.9.5.jar"))
			t.Setenv("PATH", t.TempDir())
		}, ErrNoJava, "install a Java runtime"},
		"wrong java home": {func(t *testing.T, cache string) {
			touch(t, filepath.Join(cache, "3.9.5/lib/zookeeper-3.9.5.jar"))
			t.Setenv("JAVA_HOME", t.TempDir())
		}, ErrNoJava, "JAVA_HOME"},
	} {
		t.Run(name, func(t *testing.T) {
			c.prepare(t, environment(t))
			_, err := Find()
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v: want %q, saying %q", err, c.want, c.says)
			}
			if _, err := Start(t.Context(), Config{}); !errors.Is(err, c.want) {
				t.Errorf("Start: %v", err)
			}
		})
	}
}

func TestFind(t *testing.T) {
	for name, c := range map[string]struct {
		files   []string // below a directory
		set     string   // the variable that names the directory, or the cache
		version string
		jars    []string
	}{
		"the newest in the cache": {
			files:   []string{"3.9.5/lib/zookeeper-3.9.5.jar", "3.10.0/lib/zookeeper-3.10.0.jar", "3.10.0/lib/a.jar", ".fetch.x/lib/zookeeper-4.0.0.jar", "5.0.0/x"},
			version: "3.10.0",
			jars:    []string{"3.10.0/lib/a.jar", "3.10.0/lib/zookeeper-3.10.0.jar"},
		},
		"a distribution": {
			files: []string{"lib/zookeeper-3.8.4.jar", "lib/zookeeper-jute-3.8.4.jar", "lib/logback-classic-1.2.13.jar", "bin/zkServer.sh"},
			set:   "ZOOKEEPER_PATH", version: "3.8.4",
			jars: []string{"lib/logback-classic-1.2.13.jar", "lib/zookeeper-3.8.4.jar", "lib/zookeeper-jute-3.8.4.jar"},
		},
		"a distribution before 3.5": {
			files: []string{"zookeeper-3.4.14.jar", "zookeeper-3.4.14-sources.jar", "lib/log4j-1.2.17.jar"},
			set:   "ZOOKEEPER_PATH", version: "3.4.14",
			jars: []string{"zookeeper-3.4.14.jar", "lib/log4j-1.2.17.jar"},
		},
		"Debian": {
			files: []string{"usr/share/java/zookeeper.jar", "usr/share/java/zookeeper-3.8.0.jar", "usr/share/java/ant.jar", "usr/share/java/slf4j-log4j12.jar"},
			set:   "ZOOKEEPER_PATH", version: "3.8.0",
			jars: []string{"usr/share/java/slf4j-log4j12.jar", "usr/share/java/zookeeper.jar"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := environment(t)
			if c.set != "" {
				dir = t.TempDir()
				t.Setenv(c.set, dir)
			}
			for _, file := range c.files {
				touch(t, filepath.Join(dir, file))
			}
			in, err := Find()
			must(t, err)
			for i, jar := range c.jars {
				c.jars[i] = filepath.Join(dir, jar)
			}
			if in.Version != c.version || !slices.Equal(in.Classpath, c.jars) || in.Java == "" {
				t.Errorf("found %+v", in)
			}
		})
	}
}

func TestFindClasspath(t *testing.T) {
	environment(t)
	jar := touch(t, filepath.Join(t.TempDir(), "zookeeper-3.6.4.jar"))
	path := []string{jar, filepath.Join(filepath.Dir(jar), "*")}
	t.Setenv("ZOOKEEPER_CLASSPATH", strings.Join(path, string(os.PathListSeparator)))
	in, err := Find()
	if err != nil || in.Version != "3.6.4" || !slices.Equal(in.Classpath, path) {
		t.Errorf("found %+v, %v", in, err)
	}
}

func TestAtLeast(t *testing.T) {
	for _, c := range []struct {
		version, want string
		is            bool
	}{{"3.9.5", "3.6", true}, {"3.5.10", "3.6", false}, {"3.10.0-SNAPSHOT", "3.9.9", true}, {"3.6", "3.6", true}, {"", "3.4", false}} {
		if (Install{Version: c.version}).AtLeast(c.want) != c.is {
			t.Errorf("%q at least %q: want %v", c.version, c.want, c.is)
		}
	}
}
