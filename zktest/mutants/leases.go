package mutants

// leases are bugs of leases.
var leases = []Mutant{
	{
		Name:    "lease-not-compared",
		What:    "a lease is written without a look at its version, nor at the lock",
		KnownAs: "Kazoo: NonBlockingLease deletes and creates",
		Breaks:  "one has the lease",
		Test:    leaseTest,
		Worst:   97,
		Patches: []Patch{{
			"recipes/lease.go",
			`		tx := lock.Txn()
		if version < 0 {`,
			`		tx := lock.Txn()
		if mutant.On("lease-not-compared") {
			tx = l.cl.Txn()
			if version >= 0 {
				version = -2
				tx.Set(l.node(), text, zk.AnyVersion)
			}
		}
		if version == -2 {
			// written
		} else if version < 0 {`,
		}},
	},
	{
		Name:    "lease-rounded",
		What:    "the holder believes to have the lease to the moment, and the node says it to the second",
		KnownAs: "Kazoo: NonBlockingLease.obtained knows no end at all",
		Breaks:  "one has the lease",
		Test:    leaseTest,
		Worst:   2,
		Patches: []Patch{{
			"recipes/lease.go",
			`			return Term{Path: l.node(), Until: end}, nil`,
			`			if mutant.On("lease-rounded") {
				end = end.Add(time.Second)
			}
			return Term{Path: l.node(), Until: end}, nil`,
		}},
	},
	{
		Name:    "lease-lock-stays",
		What:    "the lock of a lease is not released when the lease is somebody else's",
		KnownAs: "kazoo#429 is of this kind",
		Breaks:  "everybody gets the lease",
		Test:    leaseTest,
		Worst:   8,
		Patches: []Patch{{
			"recipes/lease.go",
			`		lock.Release(context.WithoutCancel(ctx))`,
			`		if err == nil || !mutant.On("lease-lock-stays") {
			lock.Release(context.WithoutCancel(ctx))
		}`,
		}},
	},
	{
		Name:    "lease-answer-lost",
		What:    "a lease whose answer was lost is taken for somebody else's, until it ends",
		KnownAs: "Kazoo: a lost reply makes NonBlockingLease raise",
		Breaks:  "worker: connection lost",
		Test:    leaseTest,
		Worst:   9,
		Patches: []Patch{{
			"recipes/lease.go",
			`		if err = l.again(co, ctx, lock.view, err); err != nil {`,
			`		if mutant.On("lease-answer-lost") {
			return Term{}, err
		}
		if err = l.again(co, ctx, lock.view, err); err != nil {`,
		}},
	},
	{
		Name:    "multi-lease-has-two",
		What:    "who has a lease takes the first that is free, and not its own again",
		KnownAs: "Kazoo: MultiNonBlockingLease, when one before it is free",
		Breaks:  "nobody has two leases",
		Test:    multiLeaseTest,
		Worst:   6,
		Patches: []Patch{{
			"recipes/multilease.go",
			`			if ours == nil {`,
			`			if ours == nil || mutant.On("multi-lease-has-two") {`,
		}},
	},
	{
		Name:    "multi-lease-at-once",
		What:    "two that take a lease for one holder at the same time do not wait for each other",
		KnownAs: "none: it was in ours",
		Breaks:  "nobody has two leases",
		Test:    multiLeaseTest,
		Worst:   3,
		Patches: []Patch{{
			"recipes/multilease.go",
			`		if before != nil { // else`,
			`		if before != nil && !mutant.On("multi-lease-at-once") { // else`,
		}},
	},
	{
		Name:    "multi-lease-first-only",
		What:    "when the first lease is somebody else's, the others are not looked at",
		KnownAs: "none",
		Breaks:  "all leases are had at a time",
		Test:    multiLeaseTest,
		Worst:   1,
		Patches: []Patch{{
			"recipes/multilease.go",
			`		if first == nil || endsBefore(err, first) {`,
			`		if mutant.On("multi-lease-first-only") {
			return term, err
		}
		if first == nil || endsBefore(err, first) {`,
		}},
	},
}
