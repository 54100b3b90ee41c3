package mutants

// watching are bugs of watches.
var watching = []Mutant{
	{
		Name:    "no-set-watches",
		What:    "watches are not registered again after a reconnect",
		KnownAs: "kazoo#151, bonifaido/rust-zookeeper#97",
		Breaks:  "everybody gets another turn",
		Test:    lockTest,
		Worst:   1,
		Patches: []Patch{{
			"internal/session/handshake.go",
			`	m.setWatches()`,
			`	if !mutant.On("no-set-watches") {
		m.setWatches()
	}`,
		}},
	},
	{
		Name:    "set-watches-split",
		What:    "of a list of watches that is too long for one request, those at the seams are not registered again",
		KnownAs: "ZOOKEEPER-706 and samuel/go-zookeeper#167 are why there is a split",
		Breaks:  "every watch whose node has changed fires",
		Test:    clientTest,
		Worst:   116,
		Patches: []Patch{{
			"internal/session/setwatches.go",
			`		c.flush()
	}
	c.lists[list]`,
			`		c.flush()
		if mutant.On("set-watches-split") {
			return
		}
	}
	c.lists[list]`,
		}},
	},
	{
		Name:    "set-watches-from-zero",
		What:    "watches are registered again as if nothing had been seen: all fire",
		KnownAs: "none",
		Breaks:  "a watch tells of a change that there was not",
		Test:    clientTest,
		Worst:   1,
		Patches: []Patch{{
			"internal/session/setwatches.go",
			`		m.request(wire.XidSetWatches, wire.OpSetWatches, &proto.SetWatches{RelativeZxid: m.lastZxid,`,
			`		from := m.lastZxid
		if mutant.On("set-watches-from-zero") {
			from = 0
		}
		m.request(wire.XidSetWatches, wire.OpSetWatches, &proto.SetWatches{RelativeZxid: from,`,
		}},
	},
	{
		Name:    "exist-watch-dropped",
		What:    "a watch for the creation of a node is forgotten, since the read that left it found no node",
		KnownAs: "blablacar/go-synapse#16",
		Breaks:  "every watch whose node has changed fires",
		Test:    clientTest,
		Worst:   1,
		Patches: []Patch{{
			"internal/session/rewatch.go",
			`	case code == wire.CodeNoNode && r.Op == wire.OpExists:`,
			`	case mutant.On("exist-watch-dropped") && code == wire.CodeNoNode:
		return
	case code == wire.CodeNoNode && r.Op == wire.OpExists:`,
		}},
	},
	{
		Name:    "exist-watch-as-data",
		What:    "a watch for the creation of a node is registered again as one for the data of a node that is there",
		KnownAs: "none",
		Breaks:  "a watch tells of a change that there was not",
		Test:    clientTest,
		Worst:   1,
		Patches: []Patch{{
			"internal/session/rewatch.go",
			`		r.Watch.Kind = WatchExist`,
			`		if !mutant.On("exist-watch-as-data") {
			r.Watch.Kind = WatchExist
		}`,
		}},
	},
	{
		Name:    "second-watcher-forgotten",
		What:    "of two watches on one node only the older one is told",
		KnownAs: "none",
		Breaks:  "every watch whose node has changed fires",
		Test:    clientTest,
		Worst:   2,
		Patches: []Patch{{
			"internal/session/watches.go",
			`		next := w.newer
		g.forget(w)`,
			`		next := w.newer
		if mutant.On("second-watcher-forgotten") {
			next = nil
		}
		g.forget(w)`,
		}},
	},
	{
		Name:    "deletion-not-told-to-child-watches",
		What:    "the event of a deletion, which is one for all tables, does not end the watches on the node's children",
		KnownAs: "none",
		Breaks:  "every watch whose node has changed fires",
		Test:    clientTest,
		Worst:   3,
		Patches: []Patch{{
			"internal/session/watches.go",
			`		out = g.grab(out, WatchExist, path)
		out = g.grab(out, WatchChild, path)`,
			`		out = g.grab(out, WatchExist, path)
		if !mutant.On("deletion-not-told-to-child-watches") {
			out = g.grab(out, WatchChild, path)
		}`,
		}},
	},
	{
		Name:    "watches-outlive-session",
		What:    "watches are not ended with the session: they wait in the next one",
		KnownAs: "samuel/go-zookeeper#83",
		Breaks:  "a session: a watch of the last one has not ended",
		Test:    clientTest,
		Worst:   16,
		Patches: []Patch{{
			"internal/session/machine.go",
			`	m.endWatches(wire.CodeSessionExpired)`,
			`	if !mutant.On("watches-outlive-session") {
		m.endWatches(wire.CodeSessionExpired)
	}`,
		}},
	},
	{
		Name:    "close-forgets-watches",
		What:    "watches do not end with the client",
		KnownAs: "none",
		Breaks:  "a session: a watch of a closed client has not ended",
		Test:    clientTest,
		Worst:   1,
		Patches: []Patch{{
			"internal/session/machine.go",
			`	m.endWatches(cause)`,
			`	if !mutant.On("close-forgets-watches") {
		m.endWatches(cause)
	}`,
		}},
	},
	{
		Name:    "event-behind-reply",
		What:    "events are told late: behind answers that already show what they tell of",
		KnownAs: "none: clients with one queue for events and another for answers",
		Breaks:  "a history: a change is seen before its watch tells of it",
		Test:    clientTest,
		Worst:   1,
		Patches: []Patch{
			{
				"internal/session/machine.go",
				`	changed  bool     // a deadline may have become earlier`,
				`	changed  bool     // a deadline may have become earlier
	late     []Effect // of the mutant event-behind-reply
	later    []Effect`,
			},
			{
				"internal/session/receive.go",
				`		m.do(DoFire, &Fired{Watch: w, Event: e})`,
				`		if mutant.On("event-behind-reply") {
			m.late = append(m.late, Effect{Kind: DoFire, More: &Fired{Watch: w, Event: e}})
			continue
		}
		m.do(DoFire, &Fired{Watch: w, Event: e})`,
			},
			{
				"internal/session/receive.go",
				`	r, sent := m.sent.pop()
	if h.Zxid > m.lastZxid {`,
				`	m.effects = append(m.effects, m.later...)
	m.later, m.late = m.late, nil
	r, sent := m.sent.pop()
	if h.Zxid > m.lastZxid {`,
			},
		},
	},
}
