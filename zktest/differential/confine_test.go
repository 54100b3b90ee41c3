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
		confineQuota(r.Path, &r.Data)
	case *proto.CreateTTLRequest:
		confineCreate(&r.Path, wire.CreateFlags(r.Flags))
		confineQuota(r.Path, &r.Data)
	case *proto.SetDataRequest:
		p.confineWrite(&r.Path)
		confineQuota(r.Path, &r.Data)
	case *proto.SetACLRequest:
		p.confineWrite(&r.Path)
	case *proto.ExistsRequest:
		p.confineRead(&r.Path)
	case *proto.GetDataRequest:
		p.confineRead(&r.Path)
	case *proto.GetACLRequest:
		p.confineRead(&r.Path)
	case *proto.GetChildrenRequest:
		p.confineRead(&r.Path)
	case *proto.GetChildren2Request:
		p.confineRead(&r.Path)
	case *proto.GetAllChildrenNumberRequest:
		p.confineRead(&r.Path)
	}
	return r
}

// confineCreate: the number of a sequential child of the root depends on all scripts.
func confineCreate(path *string, flags wire.CreateFlags) {
	if flags.Sequential() && !strings.HasPrefix(*path, "~/") || *path == "/zookeeper/a" || *path == configNode {
		*path = "~/s"
	}
}

func (p *profile) confineWrite(path *string) {
	if p.confineRead(path); strings.HasPrefix(*path, "/zookeeper") && !strings.HasPrefix(*path, quotaOfRoot) {
		*path = "~"
	}
}

// mayMangle reports whether a record may be damaged: where quotas are, what is added could end up in one; and a create of
// the root could become one of a sequential child of the true root.
func (p *profile) mayMangle(r wire.Record) bool {
	path := ""
	switch r := r.(type) {
	case *proto.CreateRequest:
		path = r.Path
	case *proto.CreateTTLRequest:
		path = r.Path
	default:
		return !p.quotas
	}
	return !p.quotas && (p.alone || strings.HasPrefix(path, "~/"))
}

// confineQuota: see explained.
func confineQuota(path string, data *[]byte) {
	if strings.HasPrefix(path, quotaOfRoot) {
		*data = []byte(limits[len(*data)%len(limits)])
	}
}

func (p *profile) confineRead(path *string) {
	if *path == "" || *path == "/" || p.quotas && (*path == "/zookeeper" || *path == "/zookeeper/quota") {
		*path = "~"
	}
}
