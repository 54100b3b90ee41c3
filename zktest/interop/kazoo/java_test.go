package kazoo

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

// java is what Kazoo's harness calls: java -cp ... -Dname=value ... class path/to/zoo.cfg. The properties that matter
// are the password of the super user and the users of SASL.
const java = `#!/bin/sh
for argument; do
	case $argument in
	-Dzookeeper.DigestAuthenticationProvider.superDigest=*) digest=${argument#*=} ;;
	-Djava.security.auth.login.config=*) jaas=${argument#*=} ;;
	esac
	config=$argument
done
exec %q ${digest:+-super-digest "$digest"} ${jaas:+-jaas "$jaas"} "$config"
`

// javaIn returns a directory that has nothing but a command java.
func javaIn(t *testing.T) string {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "java"), fmt.Appendf(nil, java, server.Binary(t)), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

var (
	portsMu  sync.Mutex // guards nextPort
	nextPort = 21000 + os.Getpid()%500*20
)

// freePort returns a port for a server that starts and ends several times. It is below those that the kernel gives to
// outgoing connections. Until release a second port, ten above, is held, which keeps other test processes away from it.
func freePort() (port int, release func(), err error) {
	portsMu.Lock()
	defer portsMu.Unlock()
	for range 500 {
		port, nextPort = nextPort, nextPort+20
		if nextPort >= 31000 {
			nextPort = 21000
		}
		guard, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port+10))
		if err != nil {
			continue
		}
		if l, err := net.Listen("tcp", fmt.Sprint(":", port)); err == nil {
			l.Close()
			return port, func() { guard.Close() }, nil
		}
		guard.Close()
	}
	return 0, nil, fmt.Errorf("no free port from 21000 to 31000")
}
