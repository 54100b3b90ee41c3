package wire

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// conversation is what was said in one step on one connection.
func conversation(messages []message, step string) (found []message) {
	for _, m := range messages {
		if m.step == step && m.op != OpPing {
			found = append(found, m)
		}
	}
	return found
}

func TestGoldenHandshakes(t *testing.T) {
	for _, v := range goldenVersions {
		messages := understand(t, golden(t, v))

		first := conversation(messages, "connect")
		ask, answer := first[0].body.(*ConnectRequest), first[1].body.(*ConnectResponse)
		if ask.ProtocolVersion != 0 || ask.LastZxidSeen != 0 || ask.TimeOut != 4000 || ask.SessionId != 0 ||
			!bytes.Equal(ask.Passwd, make([]byte, PasswdLen)) || ask.ReadOnly || !ask.HasReadOnly {
			t.Errorf("%s: new session: %+v", v, *ask)
		}
		if answer.ProtocolVersion != 0 || answer.TimeOut != 4000 || answer.Expired() || answer.SessionId == 0 ||
			len(answer.Passwd) != PasswdLen || answer.ReadOnly || !answer.HasReadOnly {
			t.Errorf("%s: new session: %+v", v, *answer)
		}

		again := conversation(messages, "reconnect")
		renew, renewed := again[2].body.(*ConnectRequest), again[3].body.(*ConnectResponse)
		if renew.SessionId != answer.SessionId || !bytes.Equal(renew.Passwd, answer.Passwd) || renew.LastZxidSeen != 14 {
			t.Errorf("%s: renewal: %+v", v, *renew)
		}
		if !reflect.DeepEqual(renewed, answer) {
			t.Errorf("%s: renewal: %+v, first %+v", v, *renewed, *answer)
		}

		gone := conversation(messages, "expired")[1].body.(*ConnectResponse)
		if !gone.Expired() || gone.SessionId != 0 || !bytes.Equal(gone.Passwd, make([]byte, PasswdLen)) {
			t.Errorf("%s: expired: %+v", v, *gone)
		}

		// Only 3.9.0 to 3.9.2 answer with a byte that they were not sent.
		old := conversation(messages, "raw connect without readOnly")
		if old[0].body.(*ConnectRequest).HasReadOnly || old[1].body.(*ConnectResponse).HasReadOnly != (v == "3.9.2") {
			t.Errorf("%s: without readOnly: %v, %v", v, old[0].body, old[1].body)
		}
	}
}

func TestGoldenReconnect(t *testing.T) {
	for _, v := range goldenVersions {
		got := conversation(understand(t, golden(t, v)), "reconnect")[4:]
		if auth := got[0]; auth.op != OpAuth || auth.xid != XidAuth {
			t.Errorf("%s: %+v", v, auth)
		}
		at := slices.IndexFunc(got, func(m message) bool { return m.op == OpSetWatches2 })
		w := got[at].body.(*proto.SetWatches2)
		slices.Sort(w.ExistWatches)
		// In 3.8 the watch of checkWatches and the recursive one are still there.
		want := &proto.SetWatches2{RelativeZxid: 14, DataWatches: w.DataWatches, ChildWatches: w.ChildWatches,
			ExistWatches: []string{"/g/y", "/missing"}, PersistentWatches: []string{"/g/p"},
			PersistentRecursiveWatches: w.PersistentRecursiveWatches}
		if !reflect.DeepEqual(w, want) {
			t.Errorf("%s: %+v", v, w)
		}
		for _, list := range [][]string{w.DataWatches, w.ChildWatches, w.PersistentRecursiveWatches} {
			if list == nil {
				t.Errorf("%s: an empty list was read as null: %+v", v, w)
			}
		}
	}
}

func TestGoldenZxids(t *testing.T) {
	for _, name := range goldenVersions {
		v, _ := ParseVersion(name)
		messages := understand(t, golden(t, name))
		count := 0
		for i, m := range messages {
			if m.xid != XidWatch {
				continue
			}
			count++
			want := int64(-1)
			if v.AtLeast(Version{3, 9, 0}) {
				want = messages[i+1].zxid // the reply to the write that fired the watch comes next
			}
			if m.zxid != want {
				t.Errorf("%s: %s: event of %d, want %d", name, m.step, m.zxid, want)
			}
		}
		if count < 3 {
			t.Errorf("%s: %d events", name, count)
		}
		for step, want := range map[string]int64{
			"auth": 0, "raw sasl without a mechanism": 0, "raw unknown op": -1, "create": 2, "create exists": 3, "multi": 12,
		} {
			c := conversation(messages, step)
			if got := c[len(c)-1].zxid; got != want {
				t.Errorf("%s: %s: zxid %d, want %d", name, step, got, want)
			}
		}
	}
}

func TestGoldenXids(t *testing.T) {
	for _, v := range goldenVersions {
		last := map[string]int32{}
		for _, m := range understand(t, golden(t, v)) {
			switch {
			case m.op == OpCreateSession || m.xid == XidWatch:
			case m.op == OpPing:
				if m.xid != XidPing {
					t.Errorf("%s: a ping has xid %d", v, m.xid)
				}
			case m.op == OpAuth:
				if m.xid != XidAuth {
					t.Errorf("%s: an auth packet has xid %d", v, m.xid)
				}
			case m.xid < 1 || m.xid < last[m.conn]:
				t.Errorf("%s: %s: xid %d after %d", v, m.step, m.xid, last[m.conn])
			default:
				last[m.conn] = m.xid
			}
		}
	}
}
