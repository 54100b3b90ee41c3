package mutants

// barriers are bugs of double barriers and of counters.
var barriers = []Mutant{
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
