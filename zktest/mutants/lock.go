package mutants

// lock are bugs of the recipe, which believes the client and asks it the wrong things.
var lock = []Mutant{
	{
		Name:    "full-name-sort",
		What:    "contenders are ordered by their whole names, which begin with random digits, and not by their numbers",
		KnownAs: "ZOOKEEPER-2931",
		Breaks:  "the lock: both believe that they hold it",
		Test:    lockTest,
		Worst:   1,
		Patches: []Patch{{
			"recipes/contender.go",
			`	slices.SortFunc(cs, func(a, b contender) int {
		return cmp.Or(`,
			`	slices.SortFunc(cs, func(a, b contender) int {
		if mutant.On("full-name-sort") {
			return cmp.Compare(a.name, b.name)
		}
		return cmp.Or(`,
		}},
	},
	{
		Name:    "missed-deletion",
		What:    "the read that is to set the watch finds no node, and its deletion is waited for all the same",
		KnownAs: "CURATOR-527",
		Breaks:  "everybody gets another turn",
		Test:    lockTest,
		Worst:   24,
		Patches: []Patch{{
			"recipes/attempt.go",
			`		if errors.Is(err, zk.ErrNoNode) {
			return nil
		}
		if err != nil {
			return err
		}
		ev, err := future.Await(co, w.Changed)`,
			`		if errors.Is(err, zk.ErrNoNode) {
			if mutant.On("missed-deletion") {
				w, err := future.Await(co, at.view.ExistsAndWatch(at.ctx, path))
				if err == nil {
					_, err = future.Await(co, w.Changed)
				}
				return err
			}
			return nil
		}
		if err != nil {
			return err
		}
		ev, err := future.Await(co, w.Changed)`,
		}},
	},
	{
		Name:    "first-without-looking",
		What:    "when the node before its own is gone a contender takes itself for the first, though others may be before it",
		KnownAs: "none: the classic mistake with this recipe",
		Breaks:  "the lock: both believe that they hold it",
		Test:    lockTest,
		Worst:   2,
		Patches: []Patch{{
			"recipes/contest.go",
			`		err = at.waitFor(co, c.path+"/"+before.name)`,
			`		err = at.waitFor(co, c.path+"/"+before.name)
		if err == nil && mutant.On("first-without-looking") {
			return newHeld(at, made)
		}`,
		}},
	},
	{
		Name:    "release-not-retried",
		What:    "a release whose answer is lost is taken for done, and the node stays",
		KnownAs: "CURATOR-486, CURATOR-678",
		Breaks:  "everybody gets another turn",
		Test:    lockTest,
		Worst:   5,
		Patches: []Patch{{
			"recipes/held.go",
			`		err := h.r.removeOurs(`,
			`		if _, err := future.Await(co, first); mutant.On("release-not-retried") && retriable(err) {
			return struct{}{}, nil
		}
		err := h.r.removeOurs(`,
		}},
	},
	{
		Name:    "release-before-end",
		What:    "a release deletes the node first, and only when that is answered the lock has ended for its holder",
		KnownAs: "Kazoo: Lock._inner_release forgets the lock behind the delete",
		Breaks:  "the lock: both believe that they hold it",
		Test:    lockTest,
		Worst:   2,
		Patches: []Patch{{
			"recipes/held.go",
			`	h.err.Store(&why)
	cancels := h.cancels`,
			`	if mutant.On("release-before-end") && why == ErrReleased {
		h.mu.Unlock()
		gone := h.remove()
		gone.Notify(future.Func(func() {
			h.mu.Lock()
			h.err.Store(&why)
			h.mu.Unlock()
			h.session.Release()
			h.dropped()
			h.gone.Follow(gone)
		}))
		return true
	}
	h.err.Store(&why)
	cancels := h.cancels`,
		}},
	},
	{
		Name:    "holder-ignores-state",
		What:    "a holder does not look at its session: it goes on until it releases",
		KnownAs: "CURATOR-206, docker/libkv#156",
		Breaks:  "the lock: both believe that they hold it",
		Test:    lockTest,
		Worst:   4,
		Patches: []Patch{
			{
				"recipes/held.go",
				`	if h.session != nil && h.session.Err() != nil {
		return ErrLost`,
				`	if h.session != nil && h.session.Err() != nil && !mutant.On("holder-ignores-state") {
		return ErrLost`,
			},
			{
				"recipes/held.go",
				`func (h *Held) endBy(why error, remove func() *future.Future[struct{}]) bool {
	h.mu.Lock()`,
				`func (h *Held) endBy(why error, remove func() *future.Future[struct{}]) bool {
	if mutant.On("holder-ignores-state") && why == ErrLost {
		return false
	}
	h.mu.Lock()`,
			},
		},
	},
	{
		Name:    "own-node-not-watched",
		What:    "a holder does not watch its own node, and never learns that somebody has deleted it",
		KnownAs: "CURATOR-171, bonifaido/rust-zookeeper#77",
		Breaks:  "each holder learns that its node was deleted",
		Test:    deletedTest,
		Worst:   1,
		Patches: []Patch{{
			"recipes/held.go",
			`	future.Async(h.ended, at.r.work, func`,
			`	if mutant.On("own-node-not-watched") {
		return h, nil
	}
	future.Async(h.ended, at.r.work, func`,
		}},
	},
	{
		Name:    "cancelled-acquire-leaves-node",
		What:    "an acquire that is cancelled before its create is answered does not wait for the answer, and leaves the node",
		KnownAs: "zk-ruby/zk#51, CURATOR-335",
		Breaks:  "everybody gets another turn",
		Test:    lockTest,
		Worst:   2,
		Patches: []Patch{{
			"recipes/attempt.go",
			`func (at *attempt) abandon() *future.Future[struct{}] {
	ctx := context.WithoutCancel(at.ctx)`,
			`func (at *attempt) abandon() *future.Future[struct{}] {
	if at.made == nil {
		// nothing to leave
	} else if _, _, done := at.made.Poll(); !done && mutant.On("cancelled-acquire-leaves-node") {
		at.hold.Release()
		return future.Value(struct{}{})
	}
	ctx := context.WithoutCancel(at.ctx)`,
		}},
	},
	{
		Name:    "abandoned-node-stays",
		What:    "who gives up waiting does not delete its node",
		KnownAs: "zk-ruby/zk#49, micro-fan/aiozk#34",
		Breaks:  "everybody gets another turn",
		Test:    lockTest,
		Worst:   2,
		Patches: []Patch{{
			"recipes/attempt.go",
			`		return struct{}{}, at.r.removeOurs(`,
			`		if mutant.On("abandoned-node-stays") {
			return struct{}{}, nil
		}
		return struct{}{}, at.r.removeOurs(`,
		}},
	},
	{
		Name:    "delete-not-retried",
		What:    "who gives up waiting tries only once to delete its node",
		KnownAs: "kazoo#732, of which kazoo#760 is the mending",
		Breaks:  "everybody gets another turn",
		Test:    lockTest,
		Worst:   11,
		Patches: []Patch{{
			"recipes/again.go",
			`		doubt = doubt || zk.MaybeApplied(err)`,
			`		if mutant.On("delete-not-retried") {
			return err
		}
		doubt = doubt || zk.MaybeApplied(err)`,
		}},
	},
	{
		Name:    "acquire-ends-with-session",
		What:    "an acquire fails when the session does, and does not begin anew in the next one",
		KnownAs: "Kazoo: Lock.acquire raises SessionExpiredError",
		Breaks:  "acquire fails",
		Test:    lockTest,
		Worst:   3,
		Patches: []Patch{{
			"recipes/attempt.go",
			`		case errors.Is(err, errGone), at.hold != nil && errors.Is(err, zk.ErrSessionExpired): // begin looks for another`,
			`		case !mutant.On("acquire-ends-with-session") && (errors.Is(err, errGone) || at.hold != nil && errors.Is(err, zk.ErrSessionExpired)):`,
		}},
	},
	{
		Name:    "number-beyond-range",
		What:    "contenders are ordered by their numbers even where these have run out, wrapped around, or are the same",
		KnownAs: "kazoo#606, ZOOKEEPER-3249",
		Breaks:  "the lock: both believe that they hold it",
		Test:    lockTest,
		Worst:   54,
		Patches: []Patch{
			{
				"recipes/contender.go",
				`			exact = exact && c.ordered()`,
				`			exact = exact && (c.ordered() || mutant.On("number-beyond-range"))`,
			},
			{
				"recipes/contender.go",
				`		exact = exact && cs[i].seq != cs[i-1].seq`,
				`		exact = exact && (cs[i].seq != cs[i-1].seq || mutant.On("number-beyond-range"))`,
			},
		},
	},
}
