package mutants

// presence are bugs of parties, and of the partitioner of a set among those who are there.
var presence = []Mutant{
	{
		Name:    "member-does-not-rejoin",
		What:    "a member of a party does not join again when its session has ended",
		KnownAs: "Kazoo: participating stays true, with nobody there",
		Breaks:  "is no member any more",
		Test:    partyTest,
		Worst:   16,
		Patches: []Patch{{
			"recipes/membership.go",
			`			m.missed()
			err = m.party.prove(co, ctx)`,
			`			m.missed()
			if m.wasThere && mutant.On("member-does-not-rejoin") {
				return err
			}
			err = m.party.prove(co, ctx)`,
		}},
	},
	{
		Name:    "leave-tries-once",
		What:    "who leaves a party tries to delete the node once, and does not try again when the connection is lost",
		KnownAs: "kazoo#429 is of this kind",
		Breaks:  "all who have joined are there, once",
		Test:    partyTest,
		Worst:   10,
		Patches: []Patch{{
			"recipes/party.go",
			`		err := p.remove(co, context.Background(), m.view, m.path)`,
			`		if mutant.On("leave-tries-once") {
			_, err := future.Await(co, m.view.Delete(context.Background(), m.path, zk.AnyVersion))
			return struct{}{}, err
		}
		err := p.remove(co, context.Background(), m.view, m.path)`,
		}},
	},
	{
		Name:    "left-before-there",
		What:    "who leaves a party before its node is known to be there removes nothing",
		KnownAs: "CURATOR-79: a cancelled attempt whose node stays",
		Breaks:  "who has left is not there",
		Test:    partyTest,
		Worst:   2,
		Patches: []Patch{{
			"recipes/party.go",
			`		if _, err := future.Await(co, stayed); stay.Err() == nil {`,
			`		if _, err := future.Await(co, stayed); !m.wasThere && mutant.On("left-before-there") {
			return struct{}{}, nil
		} else if stay.Err() == nil {`,
		}},
	},
	{
		Name:    "partitioner-waits-on",
		What:    "a partitioner that waits for an item goes on when others have come, and waits for who waits for it",
		KnownAs: "kazoo#392 shows the same: stuck in ALLOCATING",
		Breaks:  "every item has one owner",
		Test:    partitionerTest,
		Worst:   6,
		Patches: []Patch{{
			"recipes/partition.go",
			`	s.over()
	if now :=`,
			`	if !mutant.On("partitioner-waits-on") || p.State() != PartitionAllocating {
		s.over()
	}
	if now :=`,
		}},
	},
	{
		Name:    "partitioner-keeps-its-items",
		What:    "a partitioner that has its items is not told that others have come",
		KnownAs: "kazoo#259: a change is lost while the last item is locked",
		Breaks:  "every item has one owner",
		Test:    partitionerTest,
		Worst:   2,
		Patches: []Patch{{
			"recipes/partition.go",
			`p.share == s && now.State == PartitionAcquired {`,
			`p.share == s && now.State == PartitionAcquired && !mutant.On("partitioner-keeps-its-items") {`,
		}},
	},
	{
		Name:    "partitioner-keeps-its-locks",
		What:    "a partitioner that gives its items back keeps the last one's lock",
		KnownAs: "kazoo#392 shows the same: stuck in ALLOCATING",
		Breaks:  "every item has one owner",
		Test:    partitionerTest,
		Worst:   2,
		Patches: []Patch{{
			"recipes/partition.go",
			`	for _, h := range s.held {
		h.end(ErrReleased)`,
			`	for i, h := range s.held {
		if i > 0 && i == len(s.held)-1 && mutant.On("partitioner-keeps-its-locks") {
			break
		}
		h.end(ErrReleased)`,
		}},
	},
}
