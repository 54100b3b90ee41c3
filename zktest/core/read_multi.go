package core

import (
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// multiRead 22 (3.6): getData and getChildren, each answered for itself; watch flags are ignored. One of
// writes has an empty response behind its error.

func (c *Conn) multiRead(w *waiting) (wire.Record, wire.Code) {
	m := new(wire.MultiResponse)
	var req wire.MultiRequest
	if wire.Decode(w.body, &req) != nil || multiFault(c.front.cfg.Version, &req) != noFault {
		return nil, wire.CodeMarshallingError
	}
	if !req.Fits(wire.OpMultiRead) {
		return m, wire.CodeMarshallingError
	}
	size := 0
	for _, op := range req.Ops {
		var body wire.Record
		var code wire.Code
		switch r := op.Record.(type) {
		case *proto.GetDataRequest:
			body, code = c.getData(w, r.Path, false, new(proto.GetDataResponse))
			if d, ok := body.(*proto.GetDataResponse); ok {
				size += len(d.Data)
			}
		case *proto.GetChildrenRequest:
			body, code = c.getChildren(w, r.Path, false)
			if d, ok := body.(*proto.GetChildrenResponse); ok {
				for _, name := range d.Children {
					size += 16 + len(name)
				}
			}
		}
		// 1 MB of requests can ask for a terabyte.
		if size > c.front.cfg.MaxOutput {
			c.cut("multiRead asks for too much")
			return nil, wire.OK
		}
		if code == wire.OK {
			m.Results = append(m.Results, wire.MultiResult{Type: op.Op, Record: body})
		} else {
			m.Results = append(m.Results, wire.MultiResult{Type: wire.OpError, Code: code})
		}
	}
	return m, wire.OK
}
