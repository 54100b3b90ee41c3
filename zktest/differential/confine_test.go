package differential

import (
	"strings"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// confined returns a record that does no harm to other scripts on the same servers, and does not see any. Scripts that
// share servers differ in what is in the root, and in how often it was changed; a script that is alone has it all.
func (p *profile) confined(r wire.Record) wire.Record {
	if p.alone {
		return r
	}
	switch r := r.(type) {
	case *proto.CreateRequest:
		confineCreate(&r.Path, wire.CreateFlags(r.Flags))
	case *proto.CreateTTLRequest:
		confineCreate(&r.Path, wire.CreateFlags(r.Flags))
	case *proto.SetDataRequest:
		confineWrite(&r.Path)
	case *proto.SetACLRequest:
		confineWrite(&r.Path)
	case *proto.ExistsRequest:
		confineRead(&r.Path)
	case *proto.GetDataRequest:
		confineRead(&r.Path)
	case *proto.GetACLRequest:
		confineRead(&r.Path)
	case *proto.GetChildrenRequest:
		confineRead(&r.Path)
	case *proto.GetChildren2Request:
		confineRead(&r.Path)
	case *proto.GetAllChildrenNumberRequest:
		confineRead(&r.Path)
	}
	return r
}

// confineCreate: the number of a sequential child of the root depends on all scripts.
func confineCreate(path *string, flags wire.CreateFlags) {
	if flags.Sequential() && !strings.HasPrefix(*path, "~/") || *path == "/zookeeper/a" || *path == configNode {
		*path = "~/s"
	}
}

func confineWrite(path *string) {
	if confineRead(path); strings.HasPrefix(*path, "/zookeeper") {
		*path = "~"
	}
}

func confineRead(path *string) {
	if *path == "" || *path == "/" {
		*path = "~"
	}
}
