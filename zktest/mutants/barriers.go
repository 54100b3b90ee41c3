package mutants

// barriers are bugs of barriers, of double barriers and of counters.
var barriers = []Mutant{
	{
		Name:    "any-event-opens",
		What:    "who waits for a barrier passes when its node is written to",
		KnownAs: "none: a wake-up is taken for what it was waited for",
		Breaks:  "nobody passes while it is up",
		Test:    barrierTest,
		Worst:   2,
		Patches: []Patch{{
			"recipes/attempt.go",
			`		if ev.Type == zk.NodeDeleted {`,
			`		if ev.Type == zk.NodeDeleted || mutant.On("any-event-opens") {`,
		}},
	},
	{
		Name:    "expiry-opens",
		What:    "who waits for a barrier passes when its session ends, with which the watch ends",
		KnownAs: "CURATOR-644 is of this kind: the end of the session is taken for news of the node",
		Breaks:  "nobody passes while it is up",
		Test:    barrierTest,
		Worst:   50,
		Patches: []Patch{{
			"recipes/barrier.go",
			`			err := at.waitFor(co, b.path)`,
			`			err := at.waitFor(co, b.path)
			if mutant.On("expiry-opens") && errors.Is(err, zk.ErrSessionExpired) {
				err = nil
			}`,
		}},
	},
	{
		Name:    "barrier-waits-on",
		What:    "who looks at a barrier while the connection is lost does not look again",
		KnownAs: "Kazoo: Barrier.wait hangs once the connection was lost",
		Breaks:  "everybody passes again",
		Test:    barrierTest,
		Worst:   11,
		Patches: []Patch{{
			"recipes/barrier.go",
			`			if err = b.again(co, ctx, b.cl, err); err != nil {`,
			`			if retriable(err) && mutant.On("barrier-waits-on") {
				_, err = future.Await(co, future.NewPromise[struct{}](b.work).Future())
			}
			if err = b.again(co, ctx, b.cl, err); err != nil {`,
		}},
	},
	{
		Name:    "removal-denied",
		What:    "a removal whose answer was lost finds no barrier, and says that there was none",
		KnownAs: "Kazoo: Barrier.remove returns False",
		Breaks:  "a removal tells what it has done",
		Test:    barrierTest,
		Worst:   23,
		Patches: []Patch{{
			"recipes/barrier.go",
			`was = err == nil || doubt != nil;`,
			`was = err == nil || doubt != nil && !mutant.On("removal-denied");`,
		}},
	},
	{
		Name:    "stale-ready-opens",
		What:    "a ready that somebody left behind lets a member pass",
		KnownAs: "Curator: DistributedDoubleBarrier takes any ready for its own",
		Breaks:  "nobody passes by an opening of the past",
		Test:    doubleBarrierTest,
		Worst:   1,
		Patches: []Patch{{
			"recipes/doublebarrier.go",
			`ready.Czxid > made.Czxid`,
			`(ready.Czxid > made.Czxid || mutant.On("stale-ready-opens"))`,
		}},
	},
	{
		Name:    "leaves-alone",
		What:    "who leaves removes its node and waits for nobody",
		KnownAs: "Kazoo: leave() may end early on NoNode",
		Breaks:  "nobody leaves before all leave",
		Test:    doubleBarrierTest,
		Worst:   2,
		Patches: []Patch{{
			"recipes/doublebarrier.go",
			`	switch last := len(in.with) - 1; {`,
			`	if mutant.On("leaves-alone") {
		in.with = nil
	}
	switch last := len(in.with) - 1; {`,
		}},
	},
	{
		Name:    "opens-unchecked",
		What:    "a member that has seen enough others opens, though some of them may be gone by then",
		KnownAs: "Kazoo and Curator: they count, and then create ready",
		Breaks:  "three are there when it opens",
		Test:    doubleBarrierTest,
		Worst:   1,
		Patches: []Patch{{
			"recipes/doublebarrier.go",
			`			tx.Check(other, zk.AnyVersion)`,
			`			if !mutant.On("opens-unchecked") {
				tx.Check(other, zk.AnyVersion)
			}`,
		}},
	},
	{
		Name:    "opener-looks-once",
		What:    "who opens takes those for the others whom it saw before; somebody else may have come in between",
		KnownAs: "none: a listing and an opening are two moments",
		Breaks:  "nobody leaves before all leave",
		Test:    doubleBarrierTest,
		Worst:   3,
		Patches: []Patch{{
			"recipes/doublebarrier.go",
			`			opening = b.open(at, made.Path, all, ready != nil)`,
			`			opening = b.open(at, made.Path, all, ready != nil)
			if mutant.On("opener-looks-once") {
				if _, err = future.Await(co, opening); errors.Is(err, zk.ErrNodeExists) || errors.Is(err, zk.ErrNoNode) {
					err = nil
				} else {
					done = err == nil
				}
				opening = nil
			}`,
		}},
	},
	{
		Name:    "enters-twice",
		What:    "who gives up, and enters again at once, may be there twice",
		KnownAs: "CURATOR-79: a cancelled attempt whose node stays",
		Breaks:  "three are there when it opens",
		Test:    doubleBarrierTest,
		Worst:   212,
		Patches: []Patch{{
			"recipes/doublebarrier.go",
			`b.last.undone != nil {`,
			`b.last.undone != nil && !mutant.On("enters-twice") {`,
		}},
	},
	{
		Name:    "adds-in-the-next-session",
		What:    "an increment that may have been applied when its session ended is begun again in the next",
		KnownAs: "CURATOR-498: what fails because the session has ended is tried again in the next",
		Breaks:  "each increment is applied once",
		Test:    counterTest,
		Worst:   242,
		Patches: []Patch{{
			"recipes/number.go",
			`		case zk.MaybeApplied(err):
			return sum, err`,
			`		case zk.MaybeApplied(err):
			if mutant.On("adds-in-the-next-session") && errors.Is(err, zk.ErrSessionExpired) {
				err = zk.ErrSessionExpired
			}
			return sum, err`,
		}},
	},
	{
		Name:    "adds-unmarked",
		What:    "an increment whose answer is lost is tried again with the value that is there then",
		KnownAs: "Kazoo and Curator: their counters add twice",
		Breaks:  "each increment is applied once",
		Test:    counterTest,
		Worst:   1,
		Patches: []Patch{{
			"recipes/number.go",
			`		err = n.once(co, ctx, view, func(tx *zk.Txn) {`,
			`		if mutant.On("adds-unmarked") && version != missing {
			_, err := future.Await(co, view.Set(ctx, n.path, data, version))
			if retriable(err) || errors.Is(err, zk.ErrBadVersion) {
				continue
			}
			return sum, err
		}
		err = n.once(co, ctx, view, func(tx *zk.Txn) {`,
		}},
	},
	{
		Name:    "adds-blindly",
		What:    "the sum is written whatever the version is by then",
		KnownAs: "Curator: SharedCount.setCount",
		Breaks:  "a value of its own",
		Test:    counterTest,
		Worst:   1,
		Patches: []Patch{{
			"recipes/number.go",
			`				tx.Set(n.path, data, version)`,
			`				if mutant.On("adds-blindly") {
					version = zk.AnyVersion
				}
				tx.Set(n.path, data, version)`,
		}},
	},
}
