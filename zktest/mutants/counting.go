package mutants

// counting are bugs of counters of floats.
var counting = []Mutant{
	{
		Name:    "float-digits",
		What:    "a sum is written with twelve digits",
		KnownAs: "none: floats printed with a precision",
		Breaks:  "a value of its own",
		Test:    floatCounterTest,
		Worst:   1,
		Patches: []Patch{{
			"recipes/number.go",
			`	return strconv.AppendFloat(nil, v, 'g', -1, 64), nil`,
			`	if mutant.On("float-digits") {
		return strconv.AppendFloat(nil, v, 'g', 12, 64), nil
	}
	return strconv.AppendFloat(nil, v, 'g', -1, 64), nil`,
		}},
	},
	{
		Name:    "float-single",
		What:    "a value is read as a float of 32 bits",
		KnownAs: "none",
		Breaks:  "nothing is lost",
		Test:    floatCounterTest,
		Worst:   1,
		Patches: []Patch{{
			"recipes/number.go",
			`	v, err := strconv.ParseFloat(strings.TrimSpace(string(data)), 64)`,
			`	bits := 64
	if mutant.On("float-single") {
		bits = 32
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(string(data)), bits)`,
		}},
	},
	{
		Name:    "float-without-default",
		What:    "a counter of floats begins at 0, whatever it is to begin with",
		KnownAs: "none",
		Breaks:  "nothing is lost",
		Test:    floatCounterTest,
		Worst:   1,
		Patches: []Patch{{
			"recipes/counter.go",
			`		n.begin = begin
`,
			`		if !mutant.On("float-without-default") {
			n.begin = begin
		}
`,
		}},
	},
}
