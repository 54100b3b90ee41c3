package session

import "slices"

// update takes a new list of hosts. A client that is connected, to the given host and address, is told
// whether it must go elsewhere, and the next round is planned accordingly. The decision is random, such
// that clients that were spread evenly over the old list are so over the new one, and no more of them
// move than have to. It is the rule of ZooKeeper's own client:
//
//	more servers than before   a client stays with probability old/new, or else goes to a server that
//	                           was added; so does every client whose server was removed
//	as many, or fewer          a client stays, unless its server was removed: then it goes to one that
//	                           remains with the probability that makes up for those that are missing, or
//	                           else to one that was added
//
// Hosts are compared as they are written; a literal address is also recognized as the server that a name
// stands for.
func (h *hosts) update(list []string, host, addr string) (move bool) {
	old := h.list
	h.list, h.planned = slices.Clone(list), nil
	stays := slices.Contains(list, host) || slices.Contains(list, addr)
	if host == "" {
		return false
	}
	if h.inOrder {
		return !stays
	}
	var kept, added []string
	for _, s := range list {
		if slices.Contains(old, s) {
			kept = append(kept, s)
		} else {
			added = append(added, s)
		}
	}
	toKept := 0. // the probability of going to a host that was there before
	switch was, is := float64(len(old)), float64(len(list)); {
	case is > was && stays && h.rand.Float64() >= 1-was/is:
		return false
	case is > was:
	case stays:
		return false
	default: // the host was removed, so there are fewer kept ones than there were hosts
		n := float64(len(kept))
		toKept = n * (was - is) / (is * (was - n))
	}
	h.planned = h.mix(kept, added, toKept, host)
	return true
}

// mix returns all hosts in an order that is random but for the probability with which one of the first list,
// while there are any left of both, comes next. The host that is to be left comes last.
func (h *hosts) mix(a, b []string, ofA float64, left string) []string {
	h.shuffle(a)
	h.shuffle(b)
	all := make([]string, 0, len(a)+len(b))
	for len(a) > 0 || len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && h.rand.Float64() < ofA {
			all, a = append(all, a[0]), a[1:]
		} else {
			all, b = append(all, b[0]), b[1:]
		}
	}
	h.putLast(all, left)
	return all
}
