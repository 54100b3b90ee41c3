package java

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/gazoo-go/gazoo/zktest/internal/proxy"
)

// A pair is a direction between two servers, by id: from dials, to listens.
type pair struct{ from, to int }

// A peerLink is how one server reaches another.
type peerLink struct{ quorum, election *proxy.Proxy }

func (l peerLink) close() {
	_ = l.quorum.Close()
	_ = l.election.Close()
}

// linkPeers makes the proxies between the servers.
func (e *Ensemble) linkPeers() error {
	linked := make(chan struct{})
	defer close(linked)
	for _, from := range e.servers {
		for _, to := range e.servers {
			if from == to {
				continue
			}
			quorum, err := proxy.Start(proxy.Config{Target: to.ports.addr(quorumPort)})
			if err != nil {
				return err
			}
			election, err := proxy.Start(proxy.Config{Target: to.ports.addr(electionPort), Rewrite: e.introduce(from, to, linked)})
			if err != nil {
				_ = quorum.Close()
				return err
			}
			e.peers[pair{from.id, to.id}] = peerLink{quorum, election}
		}
	}
	return nil
}

// introduce keeps the way back behind a proxy too. A server opens an election connection by saying which address it
// listens on, and one with a higher id hangs up and dials that: it must hear of the proxy instead.
//
// The greeting: version (-65536, or -65535 where a server may have several addresses), id, length, "host:port|...".
//
// peers is read once linked is closed.
func (e *Ensemble) introduce(from, to *Server, linked <-chan struct{}) func([]byte) []byte {
	return func(b []byte) []byte {
		<-linked
		const head = 8 + 8 + 4
		if len(b) < head {
			return b
		}
		version, size := int64(binary.BigEndian.Uint64(b)), int(int32(binary.BigEndian.Uint32(b[16:])))
		if version != -65536 && version != -65535 || size < 0 || size > len(b)-head {
			return b // before 3.5 a server says only its id, and is dialed where the configuration says
		}
		own, back := from.ports.addr(electionPort), e.peers[pair{to.id, from.id}].election.Addr()
		addrs := bytes.ReplaceAll(b[head:head+size], []byte(own), []byte(back))
		out := slices.Clone(b[:head])
		binary.BigEndian.PutUint32(out[16:], uint32(len(addrs)))
		return slices.Concat(out, addrs, b[head+size:])
	}
}

// ErrNotPartitionable is what Partition returns of an ensemble without proxies between its servers.
var ErrNotPartitionable = errors.New("the ensemble was not started with Config.Partitionable")

// Partition parts the ensemble into groups of indices. Servers of one group reach each other; between groups nothing
// gets through, no packet and no goodbye, until Heal or the next Partition. Servers in no group form one more group.
// Clients are not concerned. What was held back arrives when the link heals, as it does on a real network.
func (e *Ensemble) Partition(groups ...[]int) error {
	if len(e.peers) == 0 {
		return ErrNotPartitionable
	}
	group := make(map[int]int)
	for g, members := range groups {
		for _, i := range members {
			group[e.servers[i].id] = g + 1
		}
	}
	for p, l := range e.peers {
		for _, way := range []*proxy.Proxy{l.quorum, l.election} {
			if group[p.from] == group[p.to] {
				way.Resume()
			} else {
				way.Stall(proxy.Both)
			}
		}
	}
	return nil
}

// Heal ends every partition.
func (e *Ensemble) Heal() {
	for _, l := range e.peers {
		l.quorum.Resume()
		l.election.Resume()
	}
}
