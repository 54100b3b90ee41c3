package mutants

// client are bugs of the client that users see.
var client = []Mutant{
	{
		Name:    "callbacks-reordered",
		What:    "callbacks of answers that arrive together run in another order",
		KnownAs: "none: handlers with a pool of workers",
		Breaks:  "callbacks run in the order of the calls",
		Test:    clientTest,
		Worst:   1,
		Patches: []Patch{{
			"internal/session/perform.go",
			`		for i := range effects {
			d.run(&effects[i])`,
			`		for i := range effects {
			if mutant.On("callbacks-reordered") && i+1 < len(effects) && effects[i].Kind == DoComplete && effects[i+1].Kind == DoComplete {
				effects[i], effects[i+1] = effects[i+1], effects[i]
			}
			d.run(&effects[i])`,
		}},
	},
	{
		Name:    "results-mapped-wrong",
		What:    "the results of a transaction are given to its operations in the reverse order",
		KnownAs: "flipkart-incubator/varadhi#317; cf. samuel/go-zookeeper#29",
		Breaks:  "a history: a Stat that the node never had",
		Test:    clientTest,
		Worst:   3,
		Patches: []Patch{{
			"zk/txnkind.go",
			`		case err == nil:
			o.done(b, &k.results[i], k.zxid, nil)`,
			`		case err == nil && mutant.On("results-mapped-wrong") && k.results[len(k.ops)-1-i].Type == k.results[i].Type:
			o.done(b, &k.results[len(k.ops)-1-i], k.zxid, nil)
		case err == nil:
			o.done(b, &k.results[i], k.zxid, nil)`,
		}},
	},
	{
		Name:    "chroot-stripped-twice",
		What:    "the chroot is taken off twice from the paths of events, which shows when a node is called like the chroot",
		KnownAs: "ZOOKEEPER-4565 is a cousin",
		Breaks:  "a watch tells of another path",
		Test:    clientTest,
		Worst:   1,
		Patches: []Patch{{
			"zk/watch.go",
			`	path, _ := w.c.chroot.Strip(ev.Path)
	w.promise`,
			`	path, _ := w.c.chroot.Strip(ev.Path)
	if mutant.On("chroot-stripped-twice") {
		path, _ = w.c.chroot.Strip(path)
	}
	w.promise`,
		}},
	},
	{
		Name:    "doubt-denied",
		What:    "a write whose connection was lost is said not to have been applied",
		KnownAs: "none: \"connection loss, so try again\"",
		Breaks:  "a history: a change that nobody has made",
		Test:    clientTest,
		Worst:   3,
		Patches: []Patch{{
			"zk/errors.go",
			`	var op *OpError
	return errors.As(err, &op) && op.maybe`,
			`	var op *OpError
	return errors.As(err, &op) && op.maybe && !mutant.On("doubt-denied")`,
		}},
	},
}
