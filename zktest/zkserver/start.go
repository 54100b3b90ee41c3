package main

import (
	"log"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/gazoo-go/gazoo/zktest/core"
	"github.com/gazoo-go/gazoo/zktest/core/ensemble"
	"github.com/gazoo-go/gazoo/zktest/internal/serve"
)

// listenAll listens on n ports, one after the other from that of the address on; on free ones if it is 0.
func listenAll(address string, n int) (all []net.Listener, err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	first, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, err
	}
	for i := range n {
		if first > 0 {
			port = strconv.Itoa(int(first) + i)
		}
		l, err := net.Listen("tcp", net.JoinHostPort(host, port))
		if err != nil {
			closeAll(all)
			return nil, err
		}
		all = append(all, l)
	}
	return all, nil
}

func closeAll(all []net.Listener) {
	for _, l := range all {
		l.Close()
	}
}

// standalone serves on the one listener. It sends to ended what ends it, unless stop does.
func standalone(set *settings, listeners []net.Listener, ended chan<- error, logger *log.Logger) (stop func() error, err error) {
	kept := "nothing is persisted"
	var txns []*core.Txn
	end := func() error { return nil }
	if set.dataDir != "" {
		j, all, err := openJournal(set.dataDir)
		if err != nil {
			return nil, err
		}
		set.core.OnCommit, txns, end = j.write, all, j.close
		kept = "transactions so far: " + strconv.Itoa(len(all))
	}
	server := serve.Run(core.Recover(set.core, txns, time.Now()))
	logger.Printf("listening on %v; %s", listeners[0].Addr(), kept)
	go func() { ended <- server.ServeListener(listeners[0]) }()
	return func() error {
		server.Close()
		return end()
	}, nil
}

// cluster serves an ensemble, a server on each listener.
func cluster(set *settings, listeners []net.Listener, ended chan<- error, logger *log.Logger) (stop func() error, err error) {
	if set.dataDir != "" {
		logger.Print("dataDir: has no effect on an ensemble")
	}
	peers, disks := make([]ensemble.Peer, len(listeners)), make([]*ensemble.Disk, len(listeners))
	for i, l := range listeners {
		peers[i], disks[i] = ensemble.Peer{ID: int64(i + 1), Client: l.Addr().String()}, new(ensemble.Disk)
	}
	c := serve.NewCluster(ensemble.Config{Config: set.core}, peers, disks, 0)
	var addrs []string
	for i, l := range listeners {
		addrs = append(addrs, l.Addr().String())
		go func() { ended <- c.ServeListener(i, l) }()
	}
	logger.Printf("listening on %s; nothing is persisted", strings.Join(addrs, ","))
	return c.Close, nil
}
