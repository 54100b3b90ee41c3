package mutants

// retry are bugs of views that try again.
var retry = []Mutant{
	{
		Name:    "doubt-retried",
		What:    "everything that failed with a lost connection is sent again, also what may have been carried out",
		KnownAs: "KazooRetry around any write, CURATOR-45",
		Breaks:  "carried out 2 times",
		Test:    retryTest,
		Worst:   8,
		Patches: []Patch{{
			"zk/retryview.go",
			`	return r.again || !MaybeApplied(err)`,
			`	return r.again || !MaybeApplied(err) || mutant.On("doubt-retried")`,
		}},
	},
	{
		Name:    "doubt-forgotten",
		What:    "a write of which the last try was certainly not carried out is said not to have been carried out, whatever became of the others",
		KnownAs: "none: an error that only knows the last try",
		Breaks:  "carried out, and its writer was told that it has failed",
		Test:    retryTest,
		Worst:   29,
		Patches: []Patch{{
			"zk/retryview.go",
			`		r.doubt = r.doubt || changes(r.op) && inDoubt(err)`,
			`		if mutant.On("doubt-forgotten") {
			r.doubt = false
		}
		r.doubt = r.doubt || changes(r.op) && inDoubt(err)`,
		}},
	},
	{
		Name:    "retry-in-next-session",
		What:    "a write is sent again in the next session, in which the marker of a transaction is gone",
		KnownAs: "KazooRetry, whose ignore_expire is on by default",
		Breaks:  "carried out 2 times",
		Test:    retryTest,
		Worst:   136,
		Patches: []Patch{{
			"zk/retryview.go",
			`		if changes(r.op) || !r.c.retry.IgnoreExpire {`,
			`		if !mutant.On("retry-in-next-session") && (changes(r.op) || !r.c.retry.IgnoreExpire) {`,
		}},
	},
	{
		Name:    "bad-version-believed",
		What:    "a Set that is refused in its second try is taken for refused, and nobody looks whether the first has changed the version",
		KnownAs: "Kazoo and Curator, whose retries lose every such write",
		Breaks:  "the register was set more often than Sets have succeeded",
		Test:    retryTest,
		Worst:   5,
		Patches: []Patch{{
			"zk/retryproof.go",
			`		p.v, p.done = n.Stat, bytes.Equal(n.Data, k.data)`,
			`		p.v, p.done = n.Stat, bytes.Equal(n.Data, k.data) && !mutant.On("bad-version-believed")`,
		}},
	},
	{
		Name:    "no-node-believed",
		What:    "a Delete that finds no node in its second try fails",
		KnownAs: "Kazoo: client.retry(client.delete, …) raises NoNodeError",
		Breaks:  "was made, and its deletion says that there is no node",
		Test:    retryTest,
		Worst:   17,
		Patches: []Patch{{
			"zk/retryproof.go",
			`	p.done = errors.Is(refusal, ErrNoNode)
	return p`,
			`	p.done = errors.Is(refusal, ErrNoNode) && !mutant.On("no-node-believed")
	return p`,
		}},
	},
}
