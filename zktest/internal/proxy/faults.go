package proxy

import "sync"

// Direction says which bytes a fault concerns.
type Direction uint8

// Up is from the connecting side to the target, Down is back, Both is both.
const (
	Up Direction = iota
	Down
	Both
)

// Ending is how a connection ends.
type Ending uint8

const (
	// Reset sends RST both ways: the next read or write of either end fails with "connection reset".
	Reset Ending = iota
	// Fin sends FIN both ways: either end reads end-of-file. What it still sends is thrown away;
	// after a second the connection is closed in any case.
	Fin
)

// Cut ends every connection that is up and returns how many there were. New ones are not affected.
func (p *Proxy) Cut(how Ending) int {
	p.mu.Lock()
	links := make([]*link, 0, len(p.links))
	for l := range p.links {
		links = append(links, l)
	}
	p.mu.Unlock()
	for _, l := range links {
		l.end(how)
	}
	return len(links)
}

// CutFrom ends the connection whose target sees it come from addr, host:port, and reports whether there is one.
func (p *Proxy) CutFrom(addr string, how Ending) bool {
	p.mu.Lock()
	var found *link
	for l := range p.links {
		if l.source() == addr {
			found = l
		}
	}
	p.mu.Unlock()
	if found != nil {
		found.end(how)
	}
	return found != nil
}

// Stall holds back everything in the given direction until Resume.
func (p *Proxy) Stall(d Direction) {
	if d == Up || d == Both {
		p.gates[Up].shut()
	}
	if d == Down || d == Both {
		p.gates[Down].shut()
	}
}

// Refuse resets every new connection until Resume. (The port stays ours, so the kernel does accept them first.)
func (p *Proxy) Refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused = true
}

// Resume ends Stall and Refuse.
func (p *Proxy) Resume() {
	p.mu.Lock()
	p.refused = false
	p.mu.Unlock()
	p.gates[Up].open()
	p.gates[Down].open()
}

// A gate lets bytes of one direction through, or not. The zero gate is open.
type gate struct {
	mu     sync.Mutex
	closed chan struct{} // nil: open; else closed by the next open
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed == nil {
		g.closed = make(chan struct{})
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed != nil {
		close(g.closed)
		g.closed = nil
	}
}

// pass blocks while the gate is shut and reports false when stop closed first.
func (g *gate) pass(stop <-chan struct{}) bool {
	for {
		g.mu.Lock()
		closed := g.closed
		g.mu.Unlock()
		if closed == nil {
			return true
		}
		select {
		case <-closed: // opened; perhaps shut again since
		case <-stop:
			return false
		}
	}
}
