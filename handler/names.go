package handler

import (
	"net"
	"net/netip"
	"slices"
)

// A name is what a host's name stands for, other than a node of that name.
type name struct {
	addrs []netip.Addr
	err   error // why it cannot be looked up, if there is no address
	stuck bool  // who asks gets no answer
}

// SetName makes a host's name stand for addresses, in that order, until it is set again: several for a name
// behind which there are many servers, none for one that does not exist. The names of nodes stand for them
// unless they are set to something else.
func (nw *Network) SetName(host string, addrs ...netip.Addr) {
	nw.setName(host, name{addrs: slices.Clone(addrs), err: noSuchName(host)})
}

// FailName makes looking up a name fail, with an error that is said to be temporary, until [Network.SetName].
func (nw *Network) FailName(host string) {
	nw.setName(host, name{err: &net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}})
}

// StallName makes looking up a name take for ever, up to the end of the look-up's context. Look-ups that have begun by
// the next [Network.SetName] get no answer either.
func (nw *Network) StallName(host string) { nw.setName(host, name{err: noSuchName(host), stuck: true}) }

func (nw *Network) setName(host string, n name) {
	defer nw.lock().Unlock()
	if nw.names == nil {
		nw.names = make(map[string]name)
	}
	nw.names[host] = n
}

func noSuchName(host string) error {
	return &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func (nw *Network) stuck(host string) bool {
	defer nw.lock().Unlock()
	return nw.names[host].stuck
}

// resolve looks up a host that is no literal address.
func (nw *Network) resolve(host string) ([]netip.Addr, error) {
	defer nw.lock().Unlock()
	if n, ok := nw.names[host]; ok {
		if len(n.addrs) == 0 {
			return nil, n.err
		}
		return slices.Clone(n.addrs), nil
	}
	if addr, ok := nw.find(host); ok {
		return []netip.Addr{addr}, nil
	}
	return nil, noSuchName(host)
}
