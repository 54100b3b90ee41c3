package differential

import (
	"reflect"
	"slices"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/data"
)

// A script is made smaller by steps first, in large pieces, then by requests, then by what is in them.

// shrinkPlays bounds how many scripts are tried.
const shrinkPlays = 600

// shrink returns the smallest script found on which the servers differ as well, and the report of it. once is the report of
// the script as it is.
func (c *contest) shrink(sc script, once string) (script, string) {
	report, plays := "", 0
	differs := func(s script) bool {
		if plays++; plays > shrinkPlays {
			return false
		}
		r, err := c.play(s)
		if err != nil || r == "" {
			return false
		}
		report = r
		return true
	}
	if !differs(sc) {
		return sc, "once, but not a second time: " + once
	}
	for size := (len(sc) + 1) / 2; size > 0; size /= 2 {
		for i := 0; i+size <= len(sc); {
			if less := slices.Concat(sc[:i], sc[i+size:]); differs(less) {
				sc = less
			} else {
				i += size
			}
		}
	}
	for i := range sc {
		for again := true; again; {
			again = false
			for _, st := range simpler(sc[i]) {
				less := slices.Clone(sc)
				if less[i] = st; differs(less) {
					sc, again = less, true
					break
				}
			}
		}
	}
	return sc, report
}

// simpler returns versions of a step with less in them. None is as it was.
func simpler(st step) (all []step) {
	if d := st.Dial; d != nil {
		whole := *d
		whole.End = false
		for _, less := range []dial{
			whole,
			{Server: d.Server, Timeout: 30_000},
			{Server: d.Server, Timeout: 30_000, Resume: d.Resume, Of: d.Of, End: d.End},
			{Server: d.Server, Timeout: 30_000, Resume: d.Resume, Of: d.Of, End: d.End, Stay: d.Stay},
			{Server: d.Server, Timeout: 30_000, Resume: d.Resume, Of: d.Of, End: d.End, Zxid: d.Zxid},
			{Server: d.Server, Timeout: 30_000, Resume: d.Resume, Of: d.Of, End: d.End, Password: d.Password},
		} {
			if !reflect.DeepEqual(less, *d) && weight(&less) < weight(d) {
				all = append(all, step{Slot: st.Slot, Dial: &less})
			}
		}
	}
	for i := range st.Requests {
		if len(st.Requests) > 1 {
			less := st
			less.Requests = slices.Delete(slices.Clone(st.Requests), i, i+1)
			all = append(all, less)
		}
	}
	for i, r := range st.Requests {
		for _, r := range simplerRequests(r) {
			less := st
			less.Requests = slices.Clone(st.Requests)
			less.Requests[i] = r
			all = append(all, less)
		}
	}
	return all
}

// weight counts what is odd about a handshake.
func weight(d *dial) (n int) {
	for _, odd := range []bool{d.Resume, d.Stay, d.Unknown, d.End, d.Password != rightPassword, d.Zxid != zxid{}, d.Timeout != 30_000,
		d.ReadOnly != readOnlyFalse, d.Protocol != 0, d.Mangle.Cut > 0 || len(d.Mangle.Add) > 0} {
		if odd {
			n++
		}
	}
	return n
}

func simplerRequests(r request) (all []request) {
	if r.Mangle.Cut > 0 || len(r.Mangle.Add) > 0 {
		less := r
		less.Mangle = mangle{}
		all = append(all, less)
	}
	if r.Xid > 0 {
		less := r
		less.Xid = 0
		all = append(all, less)
	}
	if r.Record == nil {
		return all
	}
	for _, record := range simplerRecords(r.Record) {
		less := r
		less.Record = record
		all = append(all, less)
	}
	return all
}

// simplerRecords returns copies of a record with one thing less in each: an element of a list, data, an ACL, a flag.
func simplerRecords(r wire.Record) (all []wire.Record) {
	if m, ok := r.(*wire.MultiRequest); ok {
		for i := range m.Ops {
			all = append(all, &wire.MultiRequest{Ops: slices.Delete(slices.Clone(m.Ops), i, i+1)})
			for _, part := range simplerRecords(m.Ops[i].Record) {
				less := &wire.MultiRequest{Ops: slices.Clone(m.Ops)}
				less.Ops[i].Record = part
				all = append(all, less)
			}
		}
		return all
	}
	v := reflect.ValueOf(r).Elem()
	for i := range v.NumField() {
		with := func(x any) {
			less := reflect.New(v.Type())
			less.Elem().Set(v)
			less.Elem().Field(i).Set(reflect.ValueOf(x))
			all = append(all, less.Interface().(wire.Record))
		}
		switch x := v.Field(i).Interface().(type) {
		case []string:
			for j := range x {
				with(slices.Delete(slices.Clone(x), j, j+1))
			}
		case []byte:
			if x != nil {
				with([]byte(nil))
			}
		case []data.ACL:
			if len(x) != 1 || x[0] != openACL[0] {
				with(openACL)
			}
		case int32:
			if name := v.Type().Field(i).Name; name == "Flags" && x != 0 {
				with(int32(0))
			} else if name == "Version" && x != wire.AnyVersion {
				with(wire.AnyVersion)
			}
		case bool:
			if x {
				with(false)
			}
		}
	}
	return all
}
