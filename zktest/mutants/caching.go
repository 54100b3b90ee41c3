package mutants

// treeTest is one in which caches follow a tree.
var treeTest = Test{"recipes", "TestSimTreeCache"}

// caching are bugs of caches of a tree.
var caching = []Mutant{
	{
		Name:    "tree-no-second-read",
		What:    "an event that comes while its node is being read is taken for told by that answer",
		KnownAs: "CURATOR-191: what is read is older than the event",
		Breaks:  "the caches show the tree",
		Test:    treeTest,
		Worst:   90,
		Patches: []Patch{{
			"recipes/treeread.go",
			`	n.want |= what
`,
			`	if n.busy && mutant.On("tree-no-second-read") {
		return
	}
	n.want |= what
`,
		}},
	},
	{
		Name:    "tree-no-resync",
		What:    "a cache that has a subscription looks at its root alone behind a gap",
		KnownAs: "ZOOKEEPER-1416: persistent watches lose the gap",
		Breaks:  "the caches show the tree",
		Test:    treeTest,
		Worst:   7,
		Patches: []Patch{{
			"recipes/treewatch.go",
			`	if ev.Type == zk.Resync {
`,
			`	if ev.Type == zk.Resync {
		if mutant.On("tree-no-resync") {
			t.dueAgain(t.root)
			return
		}
`,
		}},
	},
	{
		Name:    "tree-by-version",
		What:    "behind a gap nodes are compared by their versions: one that was deleted and made again is taken for the same",
		KnownAs: "CURATOR-391, and CuratorCache still",
		Breaks:  "the caches show the tree",
		Test:    treeTest,
		Worst:   7,
		Patches: []Patch{
			{
				"recipes/treeread.go",
				`	if now == nil || now.Czxid != st.Czxid {
`,
				`	if now == nil || now.Czxid != st.Czxid && !mutant.On("tree-by-version") {
`,
			},
			{
				"recipes/treeread.go",
				`	if now.Mzxid != st.Mzxid {
`,
				`	if now.Mzxid != st.Mzxid && !(mutant.On("tree-by-version") && now.Version == st.Version) {
`,
			},
			{
				"recipes/treeread.go",
				`	old := n.node.Load()
	if old != nil && old.Czxid`,
				`	old := n.node.Load()
	if old != nil && r.due != 0 && old.Version == now.Version && mutant.On("tree-by-version") {
		return 0
	}
	if old != nil && old.Czxid`,
			},
		},
	},
	{
		Name:    "tree-child-of-another",
		What:    "a child is added below whatever parent is in the cache, which may have been deleted and made again, with the child",
		KnownAs: "kazoo#645 is of this kind; our own first version",
		Breaks:  "it was removed",
		Test:    treeTest,
		Worst:   14,
		Patches: []Patch{{
			"recipes/treeread.go",
			`up.node.Load().Pzxid < now.Czxid {`,
			`up.node.Load().Pzxid < now.Czxid && !mutant.On("tree-child-of-another") {`,
		}},
	},
	{
		Name:    "tree-root-first",
		What:    "a node that is gone is told to be removed before what was below it",
		KnownAs: "none: Kazoo's tests want the leaves first",
		Breaks:  "it is not a leaf",
		Test:    treeTest,
		Worst:   3,
		Patches: []Patch{{
			"recipes/treeread.go",
			`	for _, kid := range n.children() {
		t.clear(kid)`,
			`	if old := n.node.Load(); old != nil && mutant.On("tree-root-first") {
		n.node.Store(nil)
		t.tell(NodeRemoved, old)
	}
	for _, kid := range n.children() {
		t.clear(kid)`,
		}},
	},
	{
		Name:    "tree-watches-end-with-session",
		What:    "one-shot watches that end with their session are not set again",
		KnownAs: "bonifaido/rust-zookeeper#97",
		Breaks:  "the caches show the tree",
		Test:    treeTest,
		Worst:   48,
		Patches: []Patch{{
			"recipes/treewatch.go",
			`		if n.gone || t.closed.Load() || errors.Is(err, zk.ErrClosed) {
`,
			`		if err != nil && mutant.On("tree-watches-end-with-session") {
			*slot = w
			return
		}
		if n.gone || t.closed.Load() || errors.Is(err, zk.ErrClosed) {
`,
		}},
	},
}
