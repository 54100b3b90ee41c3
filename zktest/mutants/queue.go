package mutants

// queue are bugs of queues.
var queue = []Mutant{
	{
		Name:    "put-without-marker",
		What:    "what was put is put again when the answer is lost, and there twice",
		KnownAs: "what client.retry(queue.put) of Kazoo does",
		Breaks:  "is taken twice",
		Test:    queueTest,
		Worst:   4,
		Patches: []Patch{
			{
				"recipes/once.go",
				`		tx.Once(marker)`,
				`		if !mutant.On("put-without-marker") {
			tx.Once(marker)
		}`,
			},
			{
				"recipes/once.go",
				`		var te *zk.TxnError
		unmarked`,
				`		if retriable(err) && mutant.On("put-without-marker") {
			continue
		}
		var te *zk.TxnError
		unmarked`,
			},
		},
	},
	{
		Name:    "gone-is-taken",
		What:    "an item that is gone when it is to be removed counts as taken, whoever has removed it",
		KnownAs: "Kazoo: Lock and Queue take NoNode for the answer to an earlier try",
		Breaks:  "is taken twice",
		Test:    queueTest,
		Worst:   1,
		Patches: []Patch{{
			"recipes/queue.go",
			`		return struct{}{}, q.once(co, on, view, func(tx *zk.Txn) {`,
			`		if mutant.On("gone-is-taken") {
			return struct{}{}, q.remove(co, on, view, path)
		}
		return struct{}{}, q.once(co, on, view, func(tx *zk.Txn) {`,
		}},
	},
	{
		Name:    "put-in-the-next-session",
		What:    "what may have been put when the session ended is put again in the next one",
		KnownAs: "Curator retries SESSIONEXPIRED by default",
		Breaks:  "is taken twice",
		Test:    queueTest,
		Worst:   198,
		Patches: []Patch{{
			"recipes/once.go",
			`		if zk.MaybeApplied(err) || !errors.Is(err, zk.ErrSessionExpired)`,
			`		if zk.MaybeApplied(err) && !mutant.On("put-in-the-next-session") || !errors.Is(err, zk.ErrSessionExpired)`,
		}},
	},
	{
		Name:    "cancelled-take-is-lost",
		What:    "an item that is just being removed for somebody who gives up is not put back",
		KnownAs: "none: what any get with a timeout does that is not careful",
		Breaks:  "every item is taken",
		Test:    queueTest,
		Worst:   567,
		Patches: []Patch{{
			"recipes/queue.go",
			`	case !known: // and nobody waits for it any more`,
			`	case !known && mutant.On("cancelled-take-is-lost"):
		return nil, err
	case !known: // and nobody waits for it any more`,
		}},
	},
	{
		Name:    "names-come-again",
		What:    "nobody is alone when he takes an item whose name may be given to another one",
		KnownAs: "none: it was in ours",
		Breaks:  "is taken twice",
		Test:    queueTest,
		Worst:   700,
		Patches: []Patch{{
			"recipes/queue.go",
			`	if en.ordered() {`,
			`	if en.ordered() || mutant.On("names-come-again") {`,
		}},
	},
	{
		Name:    "any-claim-is-ours",
		What:    "when an answer is lost, the node that says that an item is taken counts as ours, whoever has made it",
		KnownAs: "Kazoo: Party takes NodeExists for success",
		Breaks:  "one has it in hand",
		Test:    lockingQueueTest,
		Worst:   59,
		Patches: []Patch{{
			"recipes/lockingqueue.go",
			`e == nil && string(node.Data) == guid {`,
			`e == nil && (string(node.Data) == guid || mutant.On("any-claim-is-ours")) {`,
		}},
	},
	{
		Name:    "consumed-though-lost",
		What:    "an item is consumed though it is lost, in whatever session is there",
		KnownAs: "kazoo: consume does not know in which session the item was taken",
		Breaks:  "one has it in hand",
		Test:    lockingQueueTest,
		Worst:   18,
		Patches: []Patch{
			{
				"recipes/lockingqueue.go",
				`		tx := i.view.Txn()`,
				`		tx := i.view.Txn()
		if mutant.On("consumed-though-lost") {
			tx = i.r.cl.Txn()
		}`,
			},
			{
				"recipes/lockingqueue.go",
				`	if i.Err() != nil || !i.endBy(ErrReleased, how) {`,
				`	if mutant.On("consumed-though-lost") && op == "consume" && i.Err() == ErrLost {
		return how()
	}
	if i.Err() != nil || !i.endBy(ErrReleased, how) {`,
			},
		},
	},
	{
		Name:    "lost-item-again",
		What:    "the item in hand is handed out again though it is lost",
		KnownAs: "kazoo: get keeps returning it after expiry",
		Breaks:  "again, which it has lost",
		Test:    lockingQueueTest,
		Worst:   11,
		Patches: []Patch{{
			"recipes/lockingqueue.go",
			`		if q.item != nil && q.item.Err() == nil {`,
			`		if q.item != nil && (q.item.Err() == nil || q.item.Err() == ErrLost && mutant.On("lost-item-again")) {`,
		}},
	},
}
