package java

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Most of a short server's life goes into loading classes. From Java 13 on a JVM can leave an archive of those it has
// loaded and map it the next time: a server then starts in about half the time. One archive serves every ensemble of the
// same ZooKeeper on the same Java; a JVM that an archive does not fit runs without.

// archiveLimit is what making an archive may take. It costs a second or two, once per pair of ZooKeeper and Java.
const archiveLimit = 30 * time.Second

// archives remembers, for this process, the archives asked for: each is looked for and made once.
var archives sync.Map // of func() string, by path

// archive returns the path of the archive for in, made first where there is none. "" when that cannot be, which is no
// error: everything works without, only slower.
func archive(ctx context.Context, in Install) string {
	path := archivePath(in)
	if path == "" {
		return ""
	}
	once, _ := archives.LoadOrStore(path, sync.OnceValue(func() string {
		if _, err := os.Stat(path); err == nil {
			return path
		}
		if err := makeArchive(ctx, in, path); err != nil {
			return ""
		}
		return path
	}))
	return once.(func() string)()
}

// archivePath names the archive after all that it depends on, or returns "" for a Java that does not tell its version.
func archivePath(in Install) string {
	executable, err := filepath.EvalSymlinks(in.Java)
	if err != nil {
		return ""
	}
	release, err := os.ReadFile(filepath.Join(filepath.Dir(executable), "..", "release"))
	if err != nil {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.Join(in.Classpath, "\n") + "\n" + string(release)))
	return filepath.Join(Cache(), ".classes", hex.EncodeToString(sum[:8])+".jsa")
}

// makeArchive lets an ensemble of one, which loads the classes of standalone servers too, write the archive when it ends.
func makeArchive(ctx context.Context, in Install, path string) error {
	ctx, cancel := context.WithTimeout(ctx, archiveLimit)
	defer cancel()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), "making-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	made := filepath.Join(dir, filepath.Base(path))
	config, err := Config{Install: in, Ensemble: true, JVM: []string{"-XX:ArchiveClassesAtExit=" + made}}.complete()
	if err != nil {
		return err
	}
	e, err := assemble(config)
	if err != nil {
		return err
	}
	defer e.Close()
	if err := e.run(ctx); err != nil {
		return err
	}
	if err := e.servers[0].Stop(ctx); err != nil {
		return err
	}
	return os.Rename(made, path) // whoever else made one meanwhile made the same
}
