package session

import "context"

// A Mechanism begins a SASL exchange with the server of that name (host:port, as configured) and address. It may block.
type Mechanism func(ctx context.Context, host, addr string) (Exchange, error)

// An Exchange is the client's side of one. Step is called with the server's challenge, nil at first, and returns what is
// said to that: nil is nothing, and done means that no further challenge is wanted. It may block, until ctx ends.
type Exchange interface {
	Step(ctx context.Context, challenge []byte) (response []byte, done bool, err error)
}

// An exchange is one with the connection that it is for. Its steps follow each other and so need no lock.
type exchange struct {
	conn   uint64
	ctx    context.Context // ends with the connection
	cancel context.CancelFunc
	x      Exchange
}

// end says that nobody waits for a step any more.
func (e *exchange) end() {
	if e != nil {
		e.cancel()
	}
}

// step has the mechanism answer on its own, since it may have to wait for others: a ticket, a file.
func (d *Driver) step(s *SASLStep) {
	d.mu.Lock()
	e := d.exchange
	if s.First {
		e.end()
		e = &exchange{conn: s.Conn}
		e.ctx, e.cancel = context.WithCancel(context.Background())
		d.exchange = e
	}
	if s.Conn != d.m.conn {
		if e.conn == s.Conn {
			e.end()
		}
		d.mu.Unlock()
		return
	}
	d.mu.Unlock()
	d.opt.Handler.Spawn(func() {
		response, done, err := e.step(d.opt.SASL, s)
		d.mu.Lock()
		d.m.Stepped(d.now(), s.Conn, response, done, err)
		d.flush()
	})
}

func (e *exchange) step(begin Mechanism, s *SASLStep) (response []byte, done bool, err error) {
	if e.x == nil {
		if e.x, err = begin(e.ctx, s.Host, s.Addr); err != nil {
			return nil, false, err
		}
	}
	return e.x.Step(e.ctx, s.Challenge)
}
