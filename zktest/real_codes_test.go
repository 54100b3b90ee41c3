package zktest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// A refusal is one way to make an operation fail. It is tried on a real server and on zktest.Server, which must agree
// with it and with each other.
type refusal struct {
	name string
	try  func(r *refused) error
	want string
}

// refused is what the tries find.
type refused struct {
	cl     *zk.Client // in a chroot of its own; who he is: digest, "me:secret"
	root   *zk.Client // without a chroot
	chroot string
}

var (
	nobody  = zk.ACLs{zk.DigestACL("nobody", "knows", zk.PermAll)}
	readers = zk.ACLs{{Perms: zk.PermRead, Scheme: "world", ID: "anyone"}}
	absurd  = zk.ACLs{{Perms: zk.PermAll, Scheme: "absurd", ID: "x"}}
)

// What is there: /plain, /parent/child, /ephemeral, /versioned (version 2, ACL version 1), /readable for reading only,
// /secret for nobody, /limited with a quota of one node and four bytes.
var refusals = []refusal{
	{"create what is there", func(r *refused) error { return r.cl.Create(bg, "/plain", nil).WaitErr() }, "NODEEXISTS"},
	{"create what is there for nobody", func(r *refused) error { return r.cl.Create(bg, "/secret", nil).WaitErr() }, "NODEEXISTS"},
	{"create without parent", func(r *refused) error { return r.cl.Create(bg, "/none/x", nil).WaitErr() }, "NONODE"},
	{"create in sequence without parent", func(r *refused) error { return r.cl.Create(bg, "/none/x", nil, zk.Sequential).WaitErr() }, "NONODE"},
	{"create a container without parent", func(r *refused) error { return r.cl.Create(bg, "/none/x", nil, zk.Container).WaitErr() }, "NONODE"},
	{"create with a TTL without parent", func(r *refused) error { return r.cl.Create(bg, "/none/x", nil, zk.TTL(time.Hour)).WaitErr() }, "NONODE"},
	{"create below an ephemeral node", func(r *refused) error { return r.cl.Create(bg, "/ephemeral/x", nil).WaitErr() }, "NOCHILDRENFOREPHEMERALS"},
	{"create where creating is not allowed", func(r *refused) error { return r.cl.Create(bg, "/readable/x", nil).WaitErr() }, "NOAUTH"},
	{"create with an unknown scheme", func(r *refused) error { return r.cl.Create(bg, "/x", nil, absurd).WaitErr() }, "INVALIDACL"},
	{"create with a bad digest", func(r *refused) error {
		return r.cl.Create(bg, "/x", nil, zk.ACLs{{Perms: zk.PermAll, Scheme: "digest", ID: "no colon"}}).WaitErr()
	}, "INVALIDACL"},
	{"create with a bad address", func(r *refused) error {
		return r.cl.Create(bg, "/x", nil, zk.ACLs{{Perms: zk.PermAll, Scheme: "ip", ID: "not.an.address"}}).WaitErr()
	}, "INVALIDACL"},
	{"create for an identity that there is not", func(r *refused) error {
		return r.root.Create(bg, "/x", nil, zk.ACLs(zk.CreatorACL())).WaitErr()
	}, "INVALIDACL"},
	{"create with a bad path", func(r *refused) error { return r.cl.Create(bg, "/a//b", nil).WaitErr() }, "BADARGUMENTS"},
	{"create a container with a TTL", func(r *refused) error { return r.cl.Create(bg, "/x", nil, zk.Container, zk.TTL(time.Hour)).WaitErr() }, "BADARGUMENTS"},
	{"create with too long a TTL", func(r *refused) error {
		return r.cl.Create(bg, "/x", nil, zk.TTL(time.Duration(1<<40)*time.Millisecond)).WaitErr()
	}, "BADARGUMENTS"},
	{"create too much", func(r *refused) error { return r.cl.Create(bg, "/x", make([]byte, 1<<20)).WaitErr() }, "too long"},

	{"get what is not there", func(r *refused) error { return r.cl.Get(bg, "/none").WaitErr() }, "NONODE"},
	{"get without permission", func(r *refused) error { return r.cl.Get(bg, "/secret").WaitErr() }, "NOAUTH"},
	{"get and watch what is not there", func(r *refused) error { return r.cl.GetAndWatch(bg, "/none").WaitErr() }, "NONODE"},
	{"get and watch without permission", func(r *refused) error { return r.cl.GetAndWatch(bg, "/secret").WaitErr() }, "NOAUTH"},
	{"exists, what is not there", func(r *refused) error { return r.cl.Exists(bg, "/none").WaitErr() }, "OK"},
	{"exists without permission", func(r *refused) error { return r.cl.Exists(bg, "/secret").WaitErr() }, "NOAUTH"},
	{"exists and watch without permission", func(r *refused) error { return r.cl.ExistsAndWatch(bg, "/secret").WaitErr() }, "NOAUTH"},
	{"children of what is not there", func(r *refused) error { return r.cl.Children(bg, "/none").WaitErr() }, "NONODE"},
	{"children without permission", func(r *refused) error { return r.cl.Children(bg, "/secret").WaitErr() }, "NOAUTH"},
	{"children and watch what is not there", func(r *refused) error { return r.cl.ChildrenAndWatch(bg, "/none").WaitErr() }, "NONODE"},
	{"get ACL of what is not there", func(r *refused) error { return r.cl.GetACL(bg, "/none").WaitErr() }, "NONODE"},
	{"get ACL without permission", func(r *refused) error { return r.cl.GetACL(bg, "/secret").WaitErr() }, "NOAUTH"},
	{"sync what is not there", func(r *refused) error { return r.cl.Sync(bg, "/none").WaitErr() }, "OK"},

	{"create more than the quota allows", func(r *refused) error { return r.cl.Create(bg, "/limited/x", nil).WaitErr() }, "QUOTAEXCEEDED"},
	{"set more than the quota allows", func(r *refused) error { return r.cl.Set(bg, "/limited", []byte("too much"), zk.AnyVersion).WaitErr() }, "QUOTAEXCEEDED"},
	{"create more than the quota allows in a transaction", inTxn(func(tx *zk.Txn) { tx.Create("/limited/x", nil) }), "0: QUOTAEXCEEDED"},

	{"set what is not there", func(r *refused) error { return r.cl.Set(bg, "/none", nil, zk.AnyVersion).WaitErr() }, "NONODE"},
	{"set another version", func(r *refused) error { return r.cl.Set(bg, "/versioned", nil, 1).WaitErr() }, "BADVERSION"},
	{"set without permission", func(r *refused) error { return r.cl.Set(bg, "/readable", nil, zk.AnyVersion).WaitErr() }, "NOAUTH"},
	{"set without permission, another version", func(r *refused) error { return r.cl.Set(bg, "/readable", nil, 7).WaitErr() }, "NOAUTH"},
	{"set a negative version", func(r *refused) error { return r.cl.Set(bg, "/versioned", nil, -2).WaitErr() }, "BADARGUMENTS"},
	{"delete what is not there", func(r *refused) error { return r.cl.Delete(bg, "/none", zk.AnyVersion).WaitErr() }, "NONODE"},
	{"delete another version", func(r *refused) error { return r.cl.Delete(bg, "/versioned", 1).WaitErr() }, "BADVERSION"},
	{"delete a parent", func(r *refused) error { return r.cl.Delete(bg, "/parent", zk.AnyVersion).WaitErr() }, "NOTEMPTY"},
	{"delete a parent, another version", func(r *refused) error { return r.cl.Delete(bg, "/parent", 7).WaitErr() }, "BADVERSION"},
	{"delete where deleting is not allowed", func(r *refused) error { return r.cl.Delete(bg, "/readable/x", zk.AnyVersion).WaitErr() }, "NOAUTH"},
	{"delete the root", func(r *refused) error { return r.root.Delete(bg, "/", zk.AnyVersion).WaitErr() }, "BADARGUMENTS"},
	{"delete the system's node", func(r *refused) error { return r.root.Delete(bg, "/zookeeper", zk.AnyVersion).WaitErr() }, "BADARGUMENTS"},
	{"delete the quotas", func(r *refused) error { return r.root.Delete(bg, "/zookeeper/quota", zk.AnyVersion).WaitErr() }, "BADARGUMENTS"},
	{"set the configuration's node", func(r *refused) error { return r.root.Set(bg, "/zookeeper/config", nil, zk.AnyVersion).WaitErr() }, "NOAUTH"},
	{"set ACL of what is not there", func(r *refused) error { return r.cl.SetACL(bg, "/none", zk.OpenACL(), zk.AnyVersion).WaitErr() }, "NONODE"},
	{"set ACL, another version", func(r *refused) error { return r.cl.SetACL(bg, "/versioned", zk.OpenACL(), 7).WaitErr() }, "BADVERSION"},
	{"set ACL without permission", func(r *refused) error { return r.cl.SetACL(bg, "/readable", zk.OpenACL(), zk.AnyVersion).WaitErr() }, "NOAUTH"},
	{"set ACL with an unknown scheme", func(r *refused) error { return r.cl.SetACL(bg, "/plain", absurd, zk.AnyVersion).WaitErr() }, "INVALIDACL"},
	{"set an empty ACL", func(r *refused) error { return r.cl.SetACL(bg, "/plain", nil, zk.AnyVersion).WaitErr() }, "INVALIDACL"},

	{"a transaction of nothing", inTxn(func(*zk.Txn) {}), "OK"},
	{"check what is not there", inTxn(func(tx *zk.Txn) { tx.Check("/none", zk.AnyVersion) }), "0: NONODE"},
	{"check another version", inTxn(func(tx *zk.Txn) { tx.Check("/versioned", 1) }), "0: BADVERSION"},
	{"check without permission", inTxn(func(tx *zk.Txn) { tx.Check("/secret", zk.AnyVersion) }), "0: NOAUTH"},
	{"create, then fail", inTxn(func(tx *zk.Txn) {
		tx.Create("/x", nil)
		tx.Set("/versioned", nil, 2)
		tx.Delete("/parent", zk.AnyVersion)
		tx.Check("/plain", zk.AnyVersion)
	}), "2: rolled back, rolled back, NOTEMPTY, RUNTIMEINCONSISTENCY"},
	{"create twice in a transaction", inTxn(func(tx *zk.Txn) { tx.Create("/x", nil); tx.Create("/x", nil) }), "1: rolled back, NODEEXISTS"},
	{"create below what the transaction deletes", inTxn(func(tx *zk.Txn) {
		tx.Delete("/plain", zk.AnyVersion)
		tx.Create("/plain/x", nil)
	}), "1: rolled back, NONODE"},
	{"set twice by version in a transaction", inTxn(func(tx *zk.Txn) { tx.Set("/versioned", nil, 2); tx.Set("/versioned", nil, 2) }), "1: rolled back, BADVERSION"},
	{"a bad path in a transaction", inTxn(func(tx *zk.Txn) { tx.Check("/plain", zk.AnyVersion); tx.Delete("no/slash", zk.AnyVersion) }), "1: rolled back, BADARGUMENTS"},
	{"delete the system's node in a transaction", func(r *refused) error {
		tx := r.root.Txn()
		tx.Delete("/zookeeper", zk.AnyVersion)
		return tx.Commit(bg).WaitErr()
	}, "0: BADARGUMENTS"},
}

// formerly is how servers before some version answer.
var formerly = map[string]struct{ until, want string }{
	"create a container without parent":                  {"3.5.1", "UNIMPLEMENTED"},
	"create with a TTL without parent":                   {"3.5.3", "UNIMPLEMENTED"},
	"set the configuration's node":                       {"3.5", "NONODE"},
	"exists without permission":                          {"3.8.4", "OK"},
	"exists and watch without permission":                {"3.8.4", "OK"},
	"create more than the quota allows":                  {"3.7", "OK"},
	"set more than the quota allows":                     {"3.7", "OK"},
	"create more than the quota allows in a transaction": {"3.7", "0: NODEEXISTS"},
}

func inTxn(fill func(*zk.Txn)) func(*refused) error {
	return func(r *refused) error {
		tx := r.cl.Txn()
		fill(tx)
		return tx.Commit(bg).WaitErr()
	}
}

func testCodes(t *testing.T, ens servers) {
	needsServers(t, ens, "3.4", "transactions, and a zktest.Server of that version")
	me := zk.WithAuth("digest", []byte("me:secret"))
	real := &refused{cl: ens.Client(t, me), root: ens.RootClient(t), chroot: ens.Chroot(t)}
	srv := zktest.NewServer(t, func(c *core.Config) {
		c.EnforceQuota = true
		if v, ok := wire.ParseVersion(ens.Version()); ok {
			c.Version = core.Version{Version: v}
		}
	})
	fake := &refused{cl: srv.Client(t, me), root: srv.Client(t)}
	for _, r := range []*refused{real, fake} {
		const limits = "count=-1,bytes=-1=;byteHardLimit=4=;countHardLimit=1"
		quota := "/zookeeper/quota" + r.chroot
		got(t, r.cl.Create(bg, "/limited", nil))
		got(t, r.root.Create(bg, quota+"/limited/zookeeper_limits", []byte(limits), zk.MakeParents()))
		got(t, r.root.Create(bg, quota+"/limited/zookeeper_stats", []byte("count=1,bytes=0")))
		defer func() { got(t, r.root.DeleteAll(bg, quota+"/limited")) }()
		for _, path := range []string{"/plain", "/parent", "/parent/child", "/versioned", "/readable/x", "/secret"} {
			got(t, r.cl.Create(bg, path, nil, zk.MakeParents()))
		}
		got(t, r.cl.Create(bg, "/ephemeral", nil, zk.Ephemeral))
		got(t, r.cl.Set(bg, "/versioned", nil, 0))
		got(t, r.cl.Set(bg, "/versioned", nil, 1))
		got(t, r.cl.SetACL(bg, "/versioned", zk.OpenACL(), 0))
		got(t, r.cl.SetACL(bg, "/readable", readers, zk.AnyVersion))
		got(t, r.cl.SetACL(bg, "/secret", nobody, zk.AnyVersion))
	}
	for _, x := range refusals {
		if old, is := formerly[x.name]; is && !since(ens, old.until) {
			x.want = old.want
		}
		onReal, onFake := outcome(x.try(real)), outcome(x.try(fake))
		if onReal != x.want || onFake != x.want {
			t.Errorf("%s: %s, on zktest.Server %s, want %s", x.name, onReal, onFake, x.want)
		}
	}
	for _, r := range []*refused{real, fake} {
		if got(t, r.cl.Get(bg, "/versioned")).Version != 2 || got(t, r.cl.Exists(bg, "/x")) != nil {
			t.Error("what was refused has left something")
		}
	}
}

// A request that is too long for the server, and a credential that it refuses, cost the connection.
func testCostly(t *testing.T, ens servers) {
	srv := zktest.NewServer(t)
	for name, client := range map[string]func(...zk.Option) *zk.Client{
		"real":          func(o ...zk.Option) *zk.Client { return ens.Client(t, o...) },
		"zktest.Server": func(o ...zk.Option) *zk.Client { return srv.Client(t, o...) },
	} {
		cl := client(zk.WithMaxRequest(4 << 20))
		session := cl.Session()
		if how := outcome(cl.Create(bg, "/x", make([]byte, 2<<20)).WaitErr()); how != "CONNECTIONLOSS maybe" {
			t.Errorf("%s: a request that is too long: %s", name, how)
		}
		if how := outcome(cl.AddAuth(bg, "absurd", nil).WaitErr()); how != "AUTHFAILED" {
			t.Errorf("%s: a credential of an unknown scheme: %s", name, how)
		}
		if got(t, cl.Exists(bg, "/x")) != nil || cl.Session().ID != session.ID {
			t.Errorf("%s: %v, want %v", name, cl.Session(), session)
		}
	}
	refusedClient, err := zk.New(ens.ConnectString(), zk.WithAuth("absurd", nil))
	if err != nil {
		t.Fatal(err)
	}
	fails(t, refusedClient.Start(bg), zk.ErrAuthFailed)
	if s := refusedClient.State(); s != zk.AuthFailed {
		t.Errorf("state %v", s)
	}
}

// outcome is what has become of an operation, in short.
func outcome(err error) string {
	var te *zk.TxnError
	switch {
	case err == nil:
		return "OK"
	case errors.As(err, &te):
		var parts []string
		for _, r := range te.Results {
			parts = append(parts, outcomeOf(r))
		}
		return fmt.Sprintf("%d: %s", te.Index, strings.Join(parts, ", ")) + inDoubt(err)
	}
	return outcomeOf(err) + inDoubt(err)
}

func outcomeOf(err error) string {
	var code zk.Code
	var oe *zk.OpError
	switch {
	case errors.As(err, &code):
		return code.String()
	case errors.Is(err, zk.ErrBadArguments): // wrapped in what is wrong with them
		return zk.ErrBadArguments.String()
	case errors.Is(err, zk.ErrTooLong):
		return "too long"
	case errors.As(err, &oe):
		return fmt.Sprint(oe.Err)
	}
	return fmt.Sprint(err)
}

func inDoubt(err error) string {
	if zk.MaybeApplied(err) {
		return " maybe"
	}
	return ""
}
