package core

import (
	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// read answers a request that this server can answer from its own state. One whose record cannot be read, or whose
// leading path is null, is MARSHALLINGERROR and leaves the connection as it was.
func (c *Conn) read(w *waiting) (wire.Record, wire.Code) {
	switch w.op {
	case wire.OpPing:
		return nil, wire.OK
	case wire.OpWhoAmI:
		return c.whoAmI(w)
	case wire.OpMultiRead:
		return c.multiRead(w)
	}
	scratch := &c.front.scratch
	req := scratch.request(w.op)
	if req == nil || leadingPathIsNull(w) || wire.Decode(w.body, req) != nil {
		return nil, wire.CodeMarshallingError
	}
	switch r := req.(type) {
	case *proto.ExistsRequest:
		return c.exists(w, r)
	case *proto.GetDataRequest:
		return c.getData(w, r.Path, r.Watch, &scratch.getDataReply)
	case *proto.GetACLRequest:
		return c.getACL(w, r)
	case *proto.GetChildrenRequest:
		return c.getChildren(w, r.Path, r.Watch)
	case *proto.GetChildren2Request:
		return c.getChildren2(w, r)
	case *proto.GetAllChildrenNumberRequest:
		return c.getAllChildrenNumber(w, r)
	case *proto.GetEphemeralsRequest:
		return c.getEphemerals(r)
	case *proto.SetWatches:
		return c.setWatches(&proto.SetWatches2{
			RelativeZxid: r.RelativeZxid, DataWatches: r.DataWatches, ExistWatches: r.ExistWatches, ChildWatches: r.ChildWatches,
			PersistentWatches: []string{}, PersistentRecursiveWatches: []string{},
		})
	case *proto.SetWatches2:
		return c.setWatches(r)
	case *proto.AddWatchRequest:
		return c.addWatch(r)
	case *proto.CheckWatchesRequest:
		return c.checkWatches(r)
	case *proto.RemoveWatchesRequest:
		return c.removeWatches(r)
	}
	return nil, wire.CodeMarshallingError
}

// scratch is records that are used again for the most frequent request: a reply has been written when the next is read.
type scratch struct {
	getData      proto.GetDataRequest
	getDataReply proto.GetDataResponse
}

// request returns an empty record.
func (s *scratch) request(op wire.Op) wire.Record {
	if op != wire.OpGetData {
		return op.NewRequest()
	}
	s.getData = proto.GetDataRequest{}
	return &s.getData
}

func leadingPathIsNull(w *waiting) bool {
	switch w.op {
	case wire.OpSetWatches, wire.OpSetWatches2, wire.OpGetEphemerals:
		return false
	}
	return nullPath(w.body)
}
