package witness

// answers are writes by the moment of their answer, for whoever asks in the order of moments which of them were answered
// before. Few are outstanding at a time, so the heap is small.
type answers struct {
	heap   []answer
	newest int64 // zxid among those that were asked for
	op     int32
}

type answer struct {
	at   Moment
	zxid int64
	op   int32
}

func (a *answers) add(at Moment, zxid int64, op int32) {
	if zxid <= a.newest {
		return // another one will always be newer
	}
	h := append(a.heap, answer{at, zxid, op})
	for i := len(h) - 1; i > 0 && h[i].at < h[(i-1)/2].at; i = (i - 1) / 2 {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
	}
	a.heap = h
}

// before returns the greatest zxid of those answered before m, and its operation; 0 and -1 if there is none.
func (a *answers) before(m Moment) (zxid int64, op int32) {
	for len(a.heap) > 0 && a.heap[0].at < m {
		if top := a.heap[0]; top.zxid > a.newest {
			a.newest, a.op = top.zxid, top.op
		}
		a.pop()
	}
	if a.newest == 0 {
		return 0, -1
	}
	return a.newest, a.op
}

func (a *answers) pop() {
	last := len(a.heap) - 1
	h := a.heap
	h[0] = h[last]
	h = h[:last]
	for i := 0; ; {
		least := i
		for j := 2*i + 1; j <= 2*i+2 && j < last; j++ {
			if h[j].at < h[least].at {
				least = j
			}
		}
		if least == i {
			break
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
	a.heap = h
}
