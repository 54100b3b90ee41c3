package recipes

import (
	"fmt"
	"testing"
)

func TestContenders(t *testing.T) {
	name := func(guid byte, n string) string { return fmt.Sprintf("%032x__lock__%s", guid, n) }
	for _, c := range []struct {
		about string
		names []string
		want  []string
		exact bool
	}{
		{"by number, not by name", []string{name(1, "0000000009"), name(9, "0000000003"), name(5, "0000000010")},
			[]string{name(9, "0000000003"), name(1, "0000000009"), name(5, "0000000010")}, true},
		{"foreign ones out", []string{"x", name(1, "0000000001"), name(2, "1"), "__lock__", name(3, "00000000xx")},
			[]string{name(1, "0000000001")}, true},
		{"a tie is not decided by numbers", []string{name(2, "2147483647"), name(1, "2147483647")},
			[]string{name(1, "2147483647"), name(2, "2147483647")}, false},
		{"too close to the end", []string{name(1, "2147000000")}, []string{name(1, "2147000000")}, false},
		{"turned negative", []string{name(1, "-2147483648"), name(2, "0000000001")},
			[]string{name(1, "-2147483648"), name(2, "0000000001")}, false},
		{"negative with nine digits, as %010d has it", []string{name(1, "0000000001"), name(2, "-000000005"), name(3, "000000005")},
			[]string{name(2, "-000000005"), name(1, "0000000001")}, false},
		{"no number that a server gives", []string{name(1, "2147483648"), name(2, "-2147483649"), name(3, "--00000005"), "-000000005", "-0000000005"}, nil, true},
	} {
		got, exact := contenders(c.names, nil)
		var names []string
		for _, g := range got {
			names = append(names, g.name)
		}
		if fmt.Sprint(names) != fmt.Sprint(c.want) || exact != c.exact {
			t.Errorf("%s: %v exact %t, want %v exact %t", c.about, names, exact, c.want, c.exact)
		}
	}
}
