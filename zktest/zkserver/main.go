// Command zkserver is a ZooKeeper server in memory, for tests in any language.
//
//	go run ./zktest/zkserver -listen 127.0.0.1:2181
//	zkserver [-n 3] [-listen addr] [-version 3.8.4] [-super-digest user:hash] [-jaas path] [path/to/zoo.cfg]
//
// It speaks the protocol of a standalone ZooKeeper 3.9, or of an earlier release with -version; with -n it is an ensemble of so
// many servers, on ports one after the other. It ends on SIGINT or SIGTERM.
//
// With a dataDir, a standalone server keeps its nodes and sessions there, and goes on with them when it is started again; they
// outlive the process, however it ends, but not the machine. It never cuts its log. Without, and in an ensemble, all is gone
// with the process.
//
// From zoo.cfg it takes clientPort, clientPortAddress, dataDir, tickTime, minSessionTimeout, maxSessionTimeout, maxClientCnxns,
// 4lw.commands.whitelist, extendedTypesEnabled, reconfigEnabled, readonlymode.enabled, enforceQuota, skipACL,
// jute.maxbuffer and znode.container.checkIntervalMs. Other keys are named in the log and have no effect. From a JAAS file it
// takes the users of SASL DIGEST-MD5.
//
// -listen wins over zoo.cfg; without either the address is 127.0.0.1:2181. Port 0 takes free ones; the log says which.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zktest/core"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stderr, func(net.Addr) {}))
}

const (
	exitFailed = 1
	exitUsage  = 2
)

// run is main without the process. It calls ready when clients can connect, and returns when ctx ends.
func run(ctx context.Context, args []string, stderr io.Writer, ready func(net.Addr)) int {
	flags := flag.NewFlagSet("zkserver", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: zkserver [-n 3] [-listen addr] [-version 3.8.4] [-super-digest user:hash] [-jaas path] [path/to/zoo.cfg]")
		flags.PrintDefaults()
	}
	listen := flags.String("listen", "", "address to listen on (default 127.0.0.1:2181, or what zoo.cfg says)")
	super := flags.String("super-digest", "", "identity that passes every ACL, as ZooKeeper's superDigest: user:base64(sha1(user:password))")
	jaas := flags.String("jaas", "", "JAAS `file` with the users of SASL DIGEST-MD5")
	n := flags.Int("n", 1, "how many servers, 1 to 9")
	version := flags.String("version", "", "release to behave like, 3.4.0 or later (default "+core.V3_9.String()+")")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return exitUsage
	}
	if flags.NArg() > 1 || *n < 1 || *n > 9 {
		flags.Usage()
		return exitUsage
	}

	logger := log.New(stderr, "zkserver: ", log.LstdFlags)
	set := settings{address: "127.0.0.1:2181"}
	if path := flags.Arg(0); path != "" {
		var err error
		if set, err = readSettings(path, logger.Printf); err != nil {
			logger.Print(err)
			return exitFailed
		}
	}
	if *listen != "" {
		set.address = *listen
	}
	set.core.SuperDigest = *super
	if *jaas != "" {
		var err error
		if set.core.SASLUsers, err = readJAAS(*jaas); err != nil {
			logger.Print(err)
			return exitFailed
		}
	}
	if *version != "" {
		v, ok := wire.ParseVersion(*version)
		if !ok || v.Major != 3 || v.Minor < 4 {
			logger.Printf("-version %s: not 3.4.0 or later", *version)
			return exitUsage
		}
		set.core.Version = core.Version{Version: v}
	}

	listeners, err := listenAll(set.address, *n)
	if err != nil {
		logger.Print(err)
		return exitFailed
	}
	if tcp, ok := listeners[0].Addr().(*net.TCPAddr); ok {
		set.core.ClientPort = tcp.Port
	}
	start := standalone
	if *n > 1 {
		start = cluster
	}
	ended := make(chan error, len(listeners))
	stop, err := start(&set, listeners, ended, logger)
	if err != nil {
		logger.Print(err)
		closeAll(listeners)
		return exitFailed
	}
	for _, l := range listeners {
		ready(l.Addr())
	}
	code := 0
	select {
	case <-ctx.Done():
		logger.Print("ending")
	case err := <-ended:
		logger.Print(err)
		code = exitFailed
	}
	if err := stop(); err != nil {
		logger.Print(err)
		code = exitFailed
	}
	return code
}
