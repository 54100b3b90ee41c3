package mutants

// subscribing are bugs of watches that stay, and of what they share with others.
var subscribing = []Mutant{
	{
		Name:    "modes-not-united",
		What:    "each subscription asks for its own mode; a server up to 3.8 takes the newest in place of the others",
		KnownAs: "ZOOKEEPER-4466, which clients have to live with",
		Breaks:  "the mirrors show the tree",
		Test:    subscribeTest,
		Worst:   3,
		Patches: []Patch{{
			"internal/session/subscribe.go",
			`		s.mode = p.wanted()`,
			`		if !mutant.On("modes-not-united") {
			s.mode = p.wanted()
		}`,
		}},
	},
	{
		Name:    "subscriptions-not-restored",
		What:    "after a reconnect only one-shot watches are registered again",
		KnownAs: "kezhuw/zookeeper-client-rust: resend_watches",
		Breaks:  "the mirrors show the tree",
		Test:    subscribeTest,
		Worst:   4,
		Patches: []Patch{{
			"internal/session/setwatches.go",
			`	if len(l[listPersistent])+len(l[listRecursive]) == 0 {`,
			`	if len(l[listPersistent])+len(l[listRecursive]) == 0 || mutant.On("subscriptions-not-restored") {`,
		}},
	},
	{
		Name:    "no-resync",
		What:    "nobody is told that a connection was lost, and events with it",
		KnownAs: "ZOOKEEPER-4698: the Java client leaves it to the user",
		Breaks:  "the mirrors show the tree",
		Test:    subscribeTest,
		Worst:   1,
		Patches: []Patch{{
			"internal/session/subscribe.go",
			`		ev := Event{Type: wire.EventResync`,
			`		if mutant.On("no-resync") {
			s.epoch = m.sess.Epoch
			continue
		}
		ev := Event{Type: wire.EventResync`,
		}},
	},
	{
		Name:    "resync-too-early",
		What:    "the Resync comes before the server has the watch again: what is read then is followed by changes that nobody tells",
		KnownAs: "clients that resynchronise on the event \"connected\"",
		Breaks:  "the mirrors show the tree",
		Test:    subscribeTest,
		Worst:   1,
		Patches: []Patch{
			{
				"internal/session/machine.go",
				`	m.phase, m.shook, m.lastSend, m.lastRecv = phaseHandshake, now, now, now`,
				`	if mutant.On("resync-too-early") {
		for _, p := range m.posts.all() {
			for _, s := range p.subs {
				m.do(DoNotify, &Notice{Sub: s, Event: Event{Type: wire.EventResync, Path: p.path, Zxid: -1}})
			}
		}
	}
	m.phase, m.shook, m.lastSend, m.lastRecv = phaseHandshake, now, now, now`,
			},
			{
				"internal/session/subscribe.go",
				`		s.epoch = m.sess.Epoch
		m.do(`,
				`		s.epoch = m.sess.Epoch
		if mutant.On("resync-too-early") {
			continue
		}
		m.do(`,
			},
		},
	},
	{
		Name:    "recursive-by-prefix",
		What:    "a recursive subscription is told of paths that begin like its own, also when they are not below it",
		KnownAs: "shopify/go-zookeeper: /foo receives /foobar/x",
		Breaks:  "a subscription is told of another path",
		Test:    subscribeTest,
		Worst:   1,
		Patches: []Patch{{
			"internal/session/post.go",
			`	up := parent(e.Path)
`,
			`	up := parent(e.Path)
	if mutant.On("recursive-by-prefix") {
		for p := ps.root.next; p != &ps.root; p = p.next {
			if strings.HasPrefix(e.Path, p.path) && !strings.HasPrefix(e.Path+"/", p.path+"/") {
				for _, s := range p.subs {
					tell(s, e)
				}
			}
		}
	}
`,
		}},
	},
	{
		Name:    "watch-beside-subscription",
		What:    "a read under a subscription asks for a one-shot watch of its own, which on servers up to 3.8 ends the subscription",
		KnownAs: "ZOOKEEPER-4466",
		Breaks:  "the mirrors show the tree",
		Test:    subscribeTest,
		Worst:   6,
		Patches: []Patch{{
			"internal/session/submit.go",
			`		if r.Watch != nil && m.covers(r.Watch.Path, r.Watch.Kind) {`,
			`		if r.Watch != nil && m.covers(r.Watch.Path, r.Watch.Kind) && !mutant.On("watch-beside-subscription") {`,
		}},
	},
	{
		Name:    "child-watch-not-repaired",
		What:    "a recursive subscription takes the one-shot child watches on its path away, and they are not set again",
		KnownAs: "ZOOKEEPER-4466",
		Breaks:  "every watch whose node has changed fires",
		Test:    subscribeTest,
		Worst:   6,
		Patches: []Patch{{
			"internal/session/subscribe.go",
			`	if p.mode == wire.ModePersistentRecursive && m.watches.taken(p.path, WatchChild) {`,
			`	if p.mode == wire.ModePersistentRecursive && m.watches.taken(p.path, WatchChild) && !mutant.On("child-watch-not-repaired") {`,
		}},
	},
	{
		Name:    "removed-with-others-left",
		What:    "whoever leaves has the server forget the watch, though others have it too",
		KnownAs: "ZOOKEEPER-4472 is a cousin",
		Breaks:  "the mirrors show the tree",
		Test:    subscribeTest,
		Worst:   3,
		Patches: []Patch{{
			"internal/session/subscribe.go",
			`		m.posts.remove(s)
		if m.tend(p, r) {`,
			`		m.posts.remove(s)
		if mutant.On("removed-with-others-left") && p.conn == m.conn && m.tells() {
			m.forget(p.path, wire.WatcherAny, r)
			return true
		}
		if m.tend(p, r) {`,
		}},
	},
	{
		Name:    "overflow-dropped",
		What:    "an event for which there is no room is thrown away",
		KnownAs: "go-zookeeper/zk: sendEvent",
		Breaks:  "the mirrors show the tree",
		Test:    subscribeTest,
		Worst:   3,
		Patches: []Patch{{
			"zk/eventbuffer.go",
			`	all := Event{Type: Resync`,
			`	if mutant.On("overflow-dropped") {
		return
	}
	all := Event{Type: Resync`,
		}},
	},
	{
		Name:    "gap-unnoticed",
		What:    "what happens between the firing of a one-shot watch and its setting anew is not looked for",
		KnownAs: "clients that loop over exists with a watch",
		Breaks:  "events of a subscription that cannot follow each other",
		Test:    degradeTest,
		Worst:   45,
		Patches: []Patch{{
			"internal/session/degrade.go",
			`	same := h.data.known && there == h.there`,
			`	same := mutant.On("gap-unnoticed") || h.data.known && there == h.there`,
		}},
	},
}
