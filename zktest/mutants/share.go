package mutants

// share are bugs of recipes in which contenders are of several kinds, or several hold.
var share = []Mutant{
	{
		Name:    "reader-asks-the-next",
		What:    "a reader looks only at the contender just before its own, and passes a writer before another reader",
		KnownAs: "CURATOR-13 is why Curator looks for the first writer",
		Breaks:  "a writer is alone",
		Test:    readWriteTest,
		Worst:   1,
		Patches: []Patch{{
			"recipes/contender.go",
			`		if !(queue[i].shared && queue[j].shared) {
			return queue[j], true, true
		}`,
			`		if !(queue[i].shared && queue[j].shared) {
			return queue[j], true, true
		}
		if mutant.On("reader-asks-the-next") {
			break
		}`,
		}},
	},
	{
		Name:    "writer-ignores-readers",
		What:    "a writer waits for writers only",
		KnownAs: "Kazoo: a Lock does not see the readers of its path",
		Breaks:  "a writer is alone",
		Test:    readWriteTest,
		Worst:   1,
		Patches: []Patch{{
			"recipes/contender.go",
			`	for j := i - 1; j >= 0; j-- {`,
			`	for j := i - 1; j >= 0; j-- {
		if queue[j].shared && mutant.On("writer-ignores-readers") {
			continue
		}`,
		}},
	},
	{
		Name:    "passed-without-watch",
		What:    "a reader that waits for a writer takes itself for the holder when that one is gone, though another may have been before it",
		KnownAs: "none: the mistake of first-without-looking, with readers",
		Breaks:  "a writer is alone",
		Test:    readWriteTest,
		Worst:   2,
		Patches: []Patch{{
			"recipes/contest.go",
			`			return nil, ErrNotAcquired
		}`,
			`			return nil, ErrNotAcquired
		case c.kind.shared && mutant.On("passed-without-watch"):
			if err := at.waitFor(co, c.path+"/"+before.name); err == nil {
				return newHeld(at, made)
			}
		}`,
		}},
	},
	{
		Name:    "lease-without-check",
		What:    "a lease is made without a check of the lock, in whatever session is there",
		KnownAs: "CURATOR-595",
		Breaks:  "no more than there are leases",
		Test:    semaphoreTest,
		Worst:   47,
		Patches: []Patch{
			{
				"recipes/semaphore.go",
				`		tx.Check(lock, zk.AnyVersion)`,
				`		if !mutant.On("lease-without-check") {
			tx.Check(lock, zk.AnyVersion)
		}`,
			},
			{
				"recipes/semaphore.go",
				`return s.makeLease(co, ctx, at.view, lock.Path(), path) })`,
				`
		if mutant.On("lease-without-check") {
			return s.makeLease(co, ctx, s.cl, lock.Path(), path)
		}
		return s.makeLease(co, ctx, at.view, lock.Path(), path)
	})`,
			},
		},
	},
	{
		Name:    "new-name-for-each-try",
		What:    "a lease whose transaction was in doubt is tried again under another name",
		KnownAs: "Curator: a create with protection whose retries have failed takes a new GUID",
		Breaks:  "no more than there are leases",
		Test:    semaphoreTest,
		Worst:   18,
		Patches: []Patch{{
			"recipes/semaphore.go",
			`		tx := view.Txn()`,
			`		if doubt && mutant.On("new-name-for-each-try") {
			path += "x"
		}
		tx := view.Txn()`,
		}},
	},
	{
		Name:    "doubtful-lease-stays",
		What:    "a lease whose transaction was in doubt is not removed when the next try is refused",
		KnownAs: "kazoo#429, kazoo#430",
		Breaks:  "nothing is left behind",
		Test:    semaphoreTest,
		Worst:   156,
		Patches: []Patch{{
			"recipes/semaphore.go",
			`		if doubt {
			_ = s.remove`,
			`		if doubt && !mutant.On("doubtful-lease-stays") {
			_ = s.remove`,
		}},
	},
	{
		Name:    "leader-does-not-resign",
		What:    "Run leaves the node when its function has returned",
		KnownAs: "kazoo#412",
		Breaks:  "everybody leads again",
		Test:    electionTest,
		Worst:   1,
		Patches: []Patch{{
			"recipes/lock.go",
			`	defer held.Release(context.WithoutCancel(ctx))`,
			`	if !mutant.On("leader-does-not-resign") {
		defer held.Release(context.WithoutCancel(ctx))
	}`,
		}},
	},
	{
		Name:    "observer-stops-at-expiry",
		What:    "who observes an election stops when the session ends",
		KnownAs: "CURATOR-644 is of this kind",
		Breaks:  "observer: the loop has ended",
		Test:    electionTest,
		Worst:   23,
		Patches: []Patch{{
			"recipes/observe.go",
			`		if err = e.again(co, ctx, e.cl, err); err != nil {`,
			`		if mutant.On("observer-stops-at-expiry") && errors.Is(err, zk.ErrSessionExpired) {
			return err
		}
		if err = e.again(co, ctx, e.cl, err); err != nil {`,
		}},
	},
	{
		Name:    "observer-misses-the-first",
		What:    "who observes an election that nobody leads looks, and then watches, and misses who came in between",
		KnownAs: "ZOOKEEPER-22: the gap between a read and a watch",
		Breaks:  "the observer sees who leads",
		Test:    electionTest,
		Worst:   252,
		Patches: []Patch{{
			"recipes/observe.go",
			`	if cs, _ := contenders(kids.Value.Names, e.opt.patterns); len(cs) > 0 {`,
			`	if cs, _ := contenders(kids.Value.Names, e.opt.patterns); len(cs) > 0 && !mutant.On("observer-misses-the-first") {`,
		}},
	},
}
