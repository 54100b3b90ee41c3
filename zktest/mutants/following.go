package mutants

// following are bugs of recipes that follow what a node is.
var following = []Mutant{
	{
		Name:    "created-meanwhile",
		What:    "a node that was created between a read and the watch for its creation is waited for all the same",
		KnownAs: "ZOOKEEPER-22: the gap between a read and a watch",
		Breaks:  "all know what there is",
		Test:    watchesTest,
		Worst:   676,
		Patches: []Patch{{
			"recipes/follow.go",
			`		if none.Value == nil {`,
			`		if none.Value == nil || mutant.On("created-meanwhile") {`,
		}},
	},
	{
		Name:    "watch-ends-with-session",
		What:    "a watch that ends with its session is not set again in the next",
		KnownAs: "kazoo#153, bonifaido/rust-zookeeper#97",
		Breaks:  "all know what there is",
		Test:    watchesTest,
		Worst:   12,
		Patches: []Patch{{
			"recipes/follow.go",
			`		case !errors.Is(err, zk.ErrSessionExpired) || f.opt.endOnLost:`,
			`		case !errors.Is(err, zk.ErrSessionExpired) || f.opt.endOnLost || mutant.On("watch-ends-with-session"):`,
		}},
	},
	{
		Name:    "deletion-not-told",
		What:    "a deletion is told to nobody, and what follows only when it differs from before",
		KnownAs: "kazoo#149: a ChildrenWatch stops unseen when its node is deleted",
		Breaks:  "all know what there is",
		Test:    watchesTest,
		Worst:   11,
		Patches: []Patch{{
			"recipes/follow.go",
			`		if !known || exists != existed || exists && !f.same(last, v) {`,
			`		if mutant.On("deletion-not-told") && known && !exists {
			exists, v = existed, last
		}
		if !known || exists != existed || exists && !f.same(last, v) {`,
		}},
	},
	{
		Name:    "told-twice",
		What:    "a value that was read again and has not changed is told again",
		KnownAs: "CURATOR-324",
		Breaks:  "told twice",
		Test:    watchesTest,
		Worst:   55,
		Patches: []Patch{{
			"recipes/datawatch.go",
			`return a.Mzxid == b.Mzxid }`,
			`return a.Mzxid == b.Mzxid && !mutant.On("told-twice") }`,
		}},
	},
	{
		Name:    "changed-by-version",
		What:    "whether data has changed is told by its version, which starts anew with the node",
		KnownAs: "CURATOR-391",
		Breaks:  "all know what there is",
		Test:    watchesTest,
		Worst:   269,
		Patches: []Patch{{
			"recipes/datawatch.go",
			`		same: func(a, b zk.Node) bool {`,
			`		same: func(a, b zk.Node) bool {
			if mutant.On("changed-by-version") {
				return a.Version == b.Version
			}
			`,
		}},
	},
	{
		Name:    "news-missed",
		What:    "a receiver that is slow waits for the change after the one that has come meanwhile",
		KnownAs: "samuel/go-zookeeper drops events when a channel is full",
		Breaks:  "all know what there is",
		Test:    watchesTest,
		Worst:   4,
		Patches: []Patch{{
			"recipes/news.go",
			`				if seen = e.next; !yield(e.value) {
					return
				}`,
			`				if seen = e.next; !yield(e.value) {
					return
				}
				if mutant.On("news-missed") {
					seen = n.newest.Load().next
				}`,
		}},
	},
	{
		Name:    "impatient",
		What:    "children that have changed count as settled",
		KnownAs: "none",
		Breaks:  "patience",
		Test:    patientTest,
		Worst:   2,
		Patches: []Patch{{
			"recipes/patient.go",
			`		if settled {`,
			`		if settled || mutant.On("impatient") {`,
		}},
	},
	{
		Name:    "patience-ends-with-session",
		What:    "who waits for children to settle fails when the session ends",
		KnownAs: "none: it was in ours",
		Breaks:  "watcher: start: session expired",
		Test:    patientTest,
		Worst:   64,
		Patches: []Patch{{
			"recipes/patient.go",
			`			if err = p.again(co, ctx, p.cl, err); err != nil {`,
			`			if mutant.On("patience-ends-with-session") && !retriable(err) {
				return w, err
			}
			if err = p.again(co, ctx, p.cl, err); err != nil {`,
		}},
	},
	{
		Name:    "patience-ends-with-connection",
		What:    "who waits for children to settle fails when the connection is lost",
		KnownAs: "kazoo#298 is of this kind",
		Breaks:  "watcher: start: connection lost",
		Test:    patientTest,
		Worst:   15,
		Patches: []Patch{{
			"recipes/patient.go",
			`		w, err := awaitWatched(co, p.cl.ChildrenAndWatch(ctx, p.path))`,
			`		w, err := awaitWatched(co, p.cl.ChildrenAndWatch(ctx, p.path))
		if mutant.On("patience-ends-with-connection") && retriable(err) {
			return w, err
		}`,
		}},
	},
}
