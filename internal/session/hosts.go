package session

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"time"
)

// hosts decides whom to try next. A round tries every host once, in random order, and each of a
// host's addresses once; names are resolved anew in every round. Rounds are spaced by a growing,
// random pause; the first one after a connection was up starts at once.
type hosts struct {
	list  []string // host:port, as configured
	rand  *rand.Rand
	round uint64
	order []string // hosts of this round that were not tried
	host  string   // the host being tried
	addrs []string // its addresses that were not tried
	last  string   // the host connected to last: tried last in the next round
	at    string   // its address, which is tried last of all its addresses
	fails int      // rounds in a row without success
}

const (
	minPause = 100 * time.Millisecond
	maxPause = time.Second
)

// start begins a new round.
func (h *hosts) start() {
	h.round++
	h.order = append(h.order[:0], h.list...)
	h.rand.Shuffle(len(h.order), func(i, j int) { h.order[i], h.order[j] = h.order[j], h.order[i] })
	putLast(h.order, h.last)
	h.addrs = nil
}

// pause ends a round that failed and returns how long to wait before the next.
func (h *hosts) pause() time.Duration {
	d := min(minPause<<min(h.fails, 10), maxPause)
	h.fails++
	return d/2 + time.Duration(h.rand.Int64N(int64(d/2)+1))
}

// next returns an address to dial, or a host to resolve first, or that the round is over.
func (h *hosts) next() (addr, resolve string, ok bool) {
	if len(h.addrs) > 0 {
		addr, h.addrs = h.addrs[0], h.addrs[1:]
		return addr, "", true
	}
	if len(h.order) == 0 {
		return "", "", false
	}
	h.host, h.order = h.order[0], h.order[1:]
	name, _, _ := net.SplitHostPort(h.host)
	if _, err := netip.ParseAddr(name); err == nil {
		return h.host, "", true
	}
	return "", name, true
}

// resolved takes the addresses of the host being tried.
func (h *hosts) resolved(addrs []netip.Addr) {
	_, port, _ := net.SplitHostPort(h.host)
	h.addrs = h.addrs[:0]
	for _, a := range addrs {
		h.addrs = append(h.addrs, net.JoinHostPort(a.String(), port))
	}
	h.rand.Shuffle(len(h.addrs), func(i, j int) { h.addrs[i], h.addrs[j] = h.addrs[j], h.addrs[i] })
	putLast(h.addrs, h.at)
}

// putLast moves s to the end of list, if it is there.
func putLast(list []string, s string) {
	if i := slices.Index(list, s); i >= 0 {
		copy(list[i:], list[i+1:])
		list[len(list)-1] = s
	}
}

// again makes addr the next one to be dialed.
func (h *hosts) again(addr string) { h.addrs = append([]string{addr}, h.addrs...) }

// worked says that a connection to addr is up.
func (h *hosts) worked(addr string) { h.last, h.at, h.fails = h.host, addr, 0 }
