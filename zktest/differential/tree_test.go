package differential

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// A node is all that a server says of one.
type node struct {
	Path string
	Data []byte
	Stat data.Stat
	ACL  []data.ACL
}

// tree reads the whole tree below the root of the script, past all ACLs, in order of path.
func (p *player) tree() ([]node, error) {
	p.settle(0)
	if p.fault != nil {
		return nil, p.fault
	}
	var all []node
	for level := []string{p.stage.root}; len(level) > 0; {
		if p.stage.readOnly { // see explained, of ensembles
			level = slices.DeleteFunc(level, func(path string) bool { return path == configNode })
		}
		next, err := p.level(level, &all)
		if err != nil {
			return nil, err
		}
		level = next
	}
	slices.SortFunc(all, func(a, b node) int { return strings.Compare(a.Path, b.Path) })
	return all, nil
}

// level reads the nodes with the given paths and returns the paths of their children.
func (p *player) level(paths []string, all *[]node) (children []string, err error) {
	var e wire.Encoder
	for _, path := range paths {
		if path == "" {
			path = "/"
		}
		for op, r := range map[wire.Op]wire.Record{ // in any order, for the xid says which it is
			wire.OpGetData:     &proto.GetDataRequest{Path: path},
			wire.OpGetACL:      &proto.GetACLRequest{Path: path},
			wire.OpGetChildren: &proto.GetChildrenRequest{Path: path},
		} {
			if err := e.AppendRequest(int32(op), op, r, 0); err != nil {
				return nil, err
			}
		}
	}
	control := p.stage.control[0]
	control.send(e.B)
	for _, path := range paths {
		n := node{Path: path}
		for range 3 {
			frame, err := control.frame()
			if err != nil {
				return nil, err
			}
			h, body, err := wire.ReadReplyHeader(frame)
			if err != nil {
				return nil, err
			}
			op := wire.Op(h.Xid)
			if wire.Code(h.Err) == wire.CodeNoNode && path == p.stage.root {
				n.Path = "(the root of the script is gone)"
				continue
			}
			if h.Err != 0 {
				return nil, fmt.Errorf("%v %q: %w", op, path, wire.Code(h.Err))
			}
			record := op.NewResponse()
			if err := wire.Decode(body, record); err != nil {
				return nil, err
			}
			switch r := p.view.record(record).(type) {
			case *proto.GetDataResponse:
				n.Data, n.Stat = r.Data, r.Stat
			case *proto.GetACLResponse:
				n.ACL = r.Acl
			case *proto.GetChildrenResponse:
				for _, name := range r.Children {
					children = append(children, path+"/"+name)
				}
			}
		}
		*all = append(*all, n)
	}
	return children, nil
}
