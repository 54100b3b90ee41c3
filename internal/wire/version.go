package wire

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is a release of the ZooKeeper server.
type Version struct{ Major, Minor, Patch int }

// String is the three numbers with dots.
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// AtLeast reports whether v is w or later.
func (v Version) AtLeast(w Version) bool {
	if v.Major != w.Major {
		return v.Major > w.Major
	}
	if v.Minor != w.Minor {
		return v.Minor > w.Minor
	}
	return v.Patch >= w.Patch
}

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
