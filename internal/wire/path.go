package wire

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"
)

// PathError is a path that ZooKeeper would refuse, or would not find. It is a [CodeBadArguments] for errors.Is, because
// that is what a server would have answered, had the path been sent.
type PathError struct {
	Path   string
	Reason string
}

func (e *PathError) Error() string { return fmt.Sprintf("invalid path %q: %s", e.Path, e.Reason) }

// Is reports that every PathError is a [CodeBadArguments].
func (e *PathError) Is(target error) bool { return target == CodeBadArguments }

// ValidatePath returns a [*PathError] unless path is one that a node can have:
//
//   - it begins with "/", and does not end with one unless it is the root, "/";
//   - no component is empty, "." or "..";
//   - it is UTF-8 and holds none of the characters that ZooKeeper keeps out: U+0000 to U+001F, U+007F to U+009F,
//     U+D800 to U+F8FF, U+FFF0 to U+FFFF, and all above U+FFFF, which are surrogates to the server.
//
// With sequential the path is a prefix that the server puts a number behind, so its last component may be empty, "." or
// "..": "/queue/" is good, and makes "/queue/0000000000".
func ValidatePath(path string, sequential bool) error {
	if reason := pathFault(path, sequential); reason != "" {
		return &PathError{Path: path, Reason: reason}
	}
	return nil
}

func pathFault(path string, sequential bool) string {
	switch {
	case path == "":
		return "empty"
	case path[0] != '/':
		return `does not begin with "/"`
	case path == "/":
		return ""
	case !sequential && path[len(path)-1] == '/':
		return `ends with "/"`
	case innocent(path):
		return ""
	}
	start := 1 // of the component at hand
	for i := 1; i < len(path); {
		if path[i] == '/' {
			if fault := componentFault(path[start:i]); fault != "" {
				return fault
			}
			i++
			start = i
			continue
		}
		r, n := utf8.DecodeRuneInString(path[i:])
		if r == utf8.RuneError && n == 1 {
			return fmt.Sprintf("not UTF-8 at byte %d", i)
		}
		if forbidden(r) {
			return fmt.Sprintf("character %U at byte %d", r, i)
		}
		i += n
	}
	if sequential {
		return ""
	}
	return componentFault(path[start:])
}

// innocent reports whether nothing can be wrong with path, which begins with "/": it is printable ASCII, and no component is
// empty or begins with a dot. So are nearly all, and every operation's path is looked at: this does it by eight bytes at a
// time. Of what is shorter it knows nothing.
func innocent(path string) bool {
	const each, top = 0x0101010101010101, 0x8080808080808080
	if len(path) < 8 {
		return false
	}
	var slashes uint64 // the top bit of each byte in sight that is one
	for i := 0; ; i += 8 {
		if i+8 > len(path) {
			i, slashes = len(path)-8, 0 // again those that were seen, and the last ones
		}
		x := binary.LittleEndian.Uint64([]byte(path[i : i+8]))
		if (x|(x-each*0x20)|(x+each))&top != 0 { // above 0x7f, below 0x20 (or behind one that is), 0x7f
			return false
		}
		before := slashes >> 56
		slashes = ^((x ^ each*'/') + each*0x7f) & top
		slashOrDot := ^((x | each ^ each*'/') + each*0x7f) & top // 0x2f and 0x2e
		if (slashes<<8|before)&slashOrDot != 0 {
			return false
		}
		if i+8 == len(path) {
			return true
		}
	}
}

func componentFault(name string) string {
	switch name {
	case "":
		return "empty component"
	case ".", "..":
		return fmt.Sprintf("component %q", name)
	}
	return ""
}

func forbidden(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r <= 0x9f, r >= 0xd800 && r <= 0xf8ff, r >= 0xfff0:
		return true
	}
	return false
}

// Parent is the path of the parent, "/" for the root itself and for its children.
func Parent(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}

// Base is the last component of a path, "" for the root.
func Base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
