package mutants

// protect are bugs of creates that must not be done twice.
var protect = []Mutant{
	{
		Name:    "no-guid",
		What:    "a create whose answer was lost is sent again, without looking for the node",
		KnownAs: "CURATOR-45, zk-ruby/zk#54, samuel/go-zookeeper#144",
		Breaks:  "everybody gets another turn",
		Test:    lockTest,
		Worst:   8,
		Patches: []Patch{{
			"zk/protect.go",
			`		found, next, err := p.search(co, v, err)
		if err != nil {`,
			`		if mutant.On("no-guid") {
			continue
		}
		found, next, err := p.search(co, v, err)
		if err != nil {`,
		}},
	},
	{
		Name:    "search-without-sync",
		What:    "the node is looked for without a sync, on a server that may not have it yet",
		KnownAs: "Kazoo and Curator as they are; the symptom of CURATOR-264",
		Breaks:  "everybody gets another turn",
		Test:    lockTest,
		Worst:   150,
		Patches: []Patch{{
			"zk/protect.go",
			`	synced := submit[struct{}](p.ctx, on, wire.OpSync, p.path, syncKind{parent})`,
			`	synced := future.Value(struct{}{})
	if !mutant.On("search-without-sync") {
		synced = submit[struct{}](p.ctx, on, wire.OpSync, p.path, syncKind{parent})
	}`,
		}},
	},
	{
		Name:    "search-on-any-connection",
		What:    "sync, search and the next create may go out on different connections",
		KnownAs: "ours",
		Test:    lockTest,
		Equivalent: "the server that the next connection leads to has seen at least what the reply to the sync has shown: " +
			"lastZxidSeen sees to that; and a create that is still on its way is refused once the session has moved",
		Patches: []Patch{{
			"zk/protect.go",
			`	v := *c
	_, _, v.conn, _ = c.driver.State()
	return &v`,
			`	v := *c
	if mutant.On("search-on-any-connection") {
		return &v
	}
	_, _, v.conn, _ = c.driver.State()
	return &v`,
		}},
	},
	{
		Name: "foreign-ephemeral",
		What: "the node of a session that is being closed is taken for the node of the next one, which looks for it: " +
			"nothing is pinned, nobody asks who owns the node, what is held is held in whatever session there is, and the one " +
			"that was given up is not buried",
		KnownAs: "CURATOR-498, CURATOR-604",
		Breaks:  "the lock: both believe that they hold it",
		Test:    givenUpTest,
		Worst:   293,
		Patches: []Patch{
			{
				"zk/protect.go",
				`	if errors.As(err, &oe) && oe.epoch != 0 {
		v.epoch = oe.epoch
	}`,
				`	if mutant.On("foreign-ephemeral") {
		v.epoch = 0
	} else if errors.As(err, &oe) && oe.epoch != 0 {
		v.epoch = oe.epoch
	}`,
			},
			{
				"zk/protect.go",
				`	if p.k.flags.Ephemeral() && !p.old {`,
				`	if p.k.flags.Ephemeral() && !p.old && !mutant.On("foreign-ephemeral") {`,
			},
			{
				"zk/protect.go",
				`		if !p.k.flags.Ephemeral() || st.EphemeralOwner == owner {`,
				`		if !p.k.flags.Ephemeral() || st.EphemeralOwner == owner || mutant.On("foreign-ephemeral") {`,
			},
			{
				"zk/protect.go",
				`		case errors.Is(err, ErrConnectionLoss): // begin anew; requests wait for the next connection, so this does not spin`,
				`		case mutant.On("foreign-ephemeral") && errors.Is(err, ErrSessionExpired):
		case errors.Is(err, ErrConnectionLoss): // begin anew; requests wait for the next connection, so this does not spin`,
			},
			{
				"recipes/attempt.go",
				`			return &attempt{r: r, ctx: ctx, view: r.cl.Pinned(s), hold: hold}, nil`,
				`			if mutant.On("foreign-ephemeral") {
				return &attempt{r: r, ctx: ctx, view: r.cl, hold: hold}, nil
			}
			return &attempt{r: r, ctx: ctx, view: r.cl.Pinned(s), hold: hold}, nil`,
			},
			{
				"recipes/contest.go",
				`		case !blocked:
			return newHeld(at, made)`,
				`		case !blocked:
			if mutant.On("foreign-ephemeral") {
				if hold, err := c.cl.Hold(c.cl.Session()); err == nil {
					at.hold.Release()
					at.hold = hold
				}
			}
			return newHeld(at, made)`,
			},
			{
				"internal/session/tick.go",
				`		m.expire(errGone, !m.local)`,
				`		m.expire(errGone, !mutant.On("foreign-ephemeral"))`,
			},
		},
	},
}
