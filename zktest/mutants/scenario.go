package mutants

// scenario are bugs of the program that uses the lock, not of the client.
var scenario = []Mutant{
	{
		Name:    "resource-without-fence",
		What:    "the resource that the lock protects looks at no tokens: the last writer wins, though he may have lost the lock",
		KnownAs: "the write behind a long garbage collection",
		Breaks:  "the resource: an older holder overwrites what a newer one has written",
		Test:    lockTest,
		Worst:   4,
		Patches: []Patch{{
			"recipes/sim_test.go",
			`				_ = resource.Write(p, held.Token())`,
			`				if mutant.On("resource-without-fence") {
					resource.Overwrite(p, held.Token())
				}
				_ = resource.Write(p, held.Token())`,
		}},
	},
}
