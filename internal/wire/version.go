package wire

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is a release of the ZooKeeper server.
type Version struct{ Major, Minor, Patch int }

// String is the three numbers with dots.
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// Compare returns -1 if v is older than w, 0 if they are the same, and 1 if it is newer.
func (v Version) Compare(w Version) int {
	return cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor), cmp.Compare(v.Patch, w.Patch))
}

// AtLeast reports whether v is w or newer.
func (v Version) AtLeast(w Version) bool { return v.Compare(w) >= 0 }

// ParseVersion reads the version a server reports of itself, as in the first line of its answer to srvr:
// "3.8.0-5a02a05ed9daa8ce8, built on ...". What follows the numbers is ignored and missing numbers are 0; ok is false if
// there is no first number.
func ParseVersion(s string) (v Version, ok bool) {
	end := strings.IndexFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end >= 0 {
		s = s[:end]
	}
	for i, part := range strings.SplitN(s, ".", 4) {
		n, err := strconv.Atoi(part)
		if err != nil {
			break
		}
		switch i {
		case 0:
			v.Major, ok = n, true
		case 1:
			v.Minor = n
		case 2:
			v.Patch = n
		}
	}
	return v, ok
}
