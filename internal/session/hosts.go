package session

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"time"
)

// hosts decides whom to try next. A round tries every host once, in random order, and each of a
// host's addresses once; names are resolved anew in every round, and one that cannot be resolved is
// passed over. An address that several of them stand for is tried once. Rounds are spaced by a growing,
// random pause; the first one after a connection was up starts at once.
type hosts struct {
	list    []string // host:port, as configured
	inOrder bool     // nothing is shuffled, and a round begins with the first host, whoever was connected last
	rand    *rand.Rand
	round   uint64
	planned []string // the order of the next round, if the list has changed; else nil
	order   []string // hosts of this round that were not tried
	host    string   // the host being tried
	addrs   []string // its addresses that were not tried
	tried   []string // addresses that were
	last    string   // the host connected to last: tried last in the next round
	at      string   // its address, which is tried last of all its addresses
	fails   int      // rounds in a row without success
}

const (
	minPause = 100 * time.Millisecond
	maxPause = time.Second
)

// start begins a new round.
func (h *hosts) start() {
	h.round++
	h.order = append(h.order[:0], h.list...)
	h.shuffle(h.order)
	h.putLast(h.order, h.last)
	if h.planned != nil {
		h.order, h.planned = h.planned, nil
	}
	h.addrs, h.tried = nil, h.tried[:0]
}

func (h *hosts) shuffle(list []string) {
	if !h.inOrder {
		h.rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
}

// pause ends a round that failed and returns how long to wait before the next.
func (h *hosts) pause() time.Duration {
	d := min(minPause<<min(h.fails, 10), maxPause)
	h.fails++
	return d/2 + time.Duration(h.rand.Int64N(int64(d/2)+1))
}

// next returns an address to dial, or a host to resolve first, or that the round is over.
func (h *hosts) next() (addr, resolve string, ok bool) {
	for {
		if len(h.addrs) > 0 {
			addr, h.addrs = h.addrs[0], h.addrs[1:]
			h.tried = append(h.tried, addr)
			return addr, "", true
		}
		if len(h.order) == 0 {
			return "", "", false
		}
		h.host, h.order = h.order[0], h.order[1:]
		name, _, _ := net.SplitHostPort(h.host)
		if _, err := netip.ParseAddr(name); err != nil {
			return "", name, true
		}
		if !slices.Contains(h.tried, h.host) {
			h.addrs = append(h.addrs, h.host)
		}
	}
}

// resolved takes the addresses of the host being tried.
func (h *hosts) resolved(addrs []netip.Addr) {
	_, port, _ := net.SplitHostPort(h.host)
	h.addrs = h.addrs[:0]
	for _, a := range addrs {
		addr := net.JoinHostPort(a.Unmap().String(), port)
		if !slices.Contains(h.tried, addr) && !slices.Contains(h.addrs, addr) {
			h.addrs = append(h.addrs, addr)
		}
	}
	h.shuffle(h.addrs)
	h.putLast(h.addrs, h.at)
}

// putLast moves s to the end of list, if it is there.
func (h *hosts) putLast(list []string, s string) {
	if i := slices.Index(list, s); i >= 0 && !h.inOrder {
		copy(list[i:], list[i+1:])
		list[len(list)-1] = s
	}
}

// again makes addr, one of the host being tried, the next one to be dialed.
func (h *hosts) again(addr string) { h.addrs = append([]string{addr}, h.addrs...) }

// prefer makes an address of a host the next one to be dialed, at the beginning of a round.
func (h *hosts) prefer(host, addr string) {
	if i := slices.Index(h.order, host); i >= 0 {
		h.order = slices.Delete(h.order, i, i+1)
	}
	h.host, h.addrs = host, []string{addr}
}

// worked says that a connection to addr is up.
func (h *hosts) worked(addr string) { h.last, h.at, h.fails = h.host, addr, 0 }
