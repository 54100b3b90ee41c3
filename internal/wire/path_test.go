package wire

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

var paths = []struct {
	path       string
	plain      bool // valid as the path of a node
	sequential bool // valid as a prefix
}{
	{"/", true, true},
	{"/a", true, true},
	{"/a/b", true, true},
	{"/zookeeper/config", true, true},
	{"/a b", true, true},
	{"/...", true, true},
	{"/.a", true, true},
	{"/a.", true, true},
	{"/a/..b/c", true, true},
	{"/ä/日本", true, true},
	{"/\u00a0", true, true},
	{"/\uf900", true, true},
	{"/\uffef", true, true},
	{"/\u2028", true, true},

	{"", false, false},
	{"a", false, false},
	{"a/b", false, false},
	{"//", false, false},
	{"//a", false, false},
	{"/a//b", false, false},
	{"/./a", false, false},
	{"/a/./b", false, false},
	{"/../a", false, false},
	{"/a/../b", false, false},

	// What ends the path is only the beginning of a name when a number follows.
	{"/a/", false, true},
	{"/.", false, true},
	{"/..", false, true},
	{"/a/.", false, true},
	{"/a/..", false, true},
	{"/a//", false, false},

	{"/\x00", false, false},
	{"/a\x00b", false, false},
	{"/a\x01", false, false},
	{"/a\x1f/b", false, false},
	{"/a\n", false, false},
	{"/\x7f", false, false},
	{"/\u0080", false, false},
	{"/\u009f", false, false},
	{"/\ue000", false, false},
	{"/\uf8ff", false, false},
	{"/\ufff0", false, false},
	{"/\ufffd", false, false},
	{"/\uffff", false, false},
	{"/\U00010000", false, false},
	{"/😀", false, false},

	{"/\xff", false, false},
	{"/a\xc3", false, false},
	{"/\xed\xa0\x80", false, false}, // half a surrogate pair, in bytes
	{"/\xc0\x80", false, false},     // a NUL in two bytes, as Java writes it elsewhere
}

func TestValidatePath(t *testing.T) {
	for _, c := range paths {
		for sequential, want := range map[bool]bool{false: c.plain, true: c.sequential} {
			err := ValidatePath(c.path, sequential)
			if (err == nil) != want {
				t.Errorf("%q, sequential %t: %v", c.path, sequential, err)
			}
			var pe *PathError
			if err != nil && (!errors.As(err, &pe) || pe.Path != c.path || pe.Reason == "" || !errors.Is(err, CodeBadArguments)) {
				t.Errorf("%q, sequential %t: %#v", c.path, sequential, err)
			}
		}
	}
}

// Where in a path something stands, and what is before and behind it, makes no difference.
func TestValidatePathAnywhere(t *testing.T) {
	for _, c := range paths {
		if c.path == "" || c.path[0] != '/' || c.path == "/" {
			continue
		}
		for before := range 20 {
			path := "/" + strings.Repeat("x", before+1) + c.path
			if err := ValidatePath(path, false); (err == nil) != c.plain {
				t.Errorf("%q: %v", path, err)
			}
			if err := ValidatePath(path, true); (err == nil) != c.sequential {
				t.Errorf("%q, sequential: %v", path, err)
			}
			for behind := range 20 {
				path := path + "/" + strings.Repeat("~", behind+1)
				if want := c.plain; (ValidatePath(path, true) == nil) != want || (ValidatePath(path, false) == nil) != want {
					t.Errorf("%q: %t", path, !want)
				}
			}
		}
	}
}

func TestPathReasons(t *testing.T) {
	for path, want := range map[string]string{
		"":            "empty",
		"a":           `does not begin with "/"`,
		"/a/":         `ends with "/"`,
		"/a//b":       "empty component",
		"/a/..":       `component ".."`,
		"/./a":        `component "."`,
		"/ab\x7f":     "character U+007F at byte 3",
		"/ä\ufffd":    "character U+FFFD at byte 3",
		"/ä\xff":      "not UTF-8 at byte 3",
		"/😀":          "character U+1F600 at byte 1",
		"/a/b/\x00/c": "character U+0000 at byte 5",
	} {
		var pe *PathError
		if err := ValidatePath(path, false); !errors.As(err, &pe) || pe.Reason != want {
			t.Errorf("%q: %v, want %s", path, err, want)
		}
	}
}

// serverAccepts is the rule as the server has it: over UTF-16 units, one look at each.
func serverAccepts(path string) bool {
	if !utf8.ValidString(path) || !strings.HasPrefix(path, "/") {
		return false
	}
	if path == "/" {
		return true
	}
	for _, name := range strings.Split(path[1:], "/") {
		if name == "" || name == "." || name == ".." {
			return false
		}
	}
	for _, u := range utf16.Encode([]rune(path)) {
		if u <= 0x1f || 0x7f <= u && u <= 0x9f || 0xd800 <= u && u <= 0xf8ff || 0xfff0 <= u {
			return false
		}
	}
	return true
}

func checkPath(t *testing.T, path string) {
	if got, want := ValidatePath(path, false) == nil, serverAccepts(path); got != want {
		t.Errorf("%q: valid %t, to the server %t", path, got, want)
	}
	if got, want := ValidatePath(path, true) == nil, path != "" && serverAccepts(path+"1"); got != want {
		t.Errorf("%q as a prefix: valid %t, to the server %t", path, got, want)
	}
}

func TestValidatePathAsTheServer(t *testing.T) {
	for _, c := range paths {
		checkPath(t, c.path)
	}
	for r := rune(0); r <= 0x10ffff; r++ {
		if r > 0x11000 && r%997 != 0 { // all of the first plane, some of the others
			continue
		}
		checkPath(t, "/"+string(r))
	}
}

func TestParentAndBase(t *testing.T) {
	for _, c := range [][3]string{
		{"/", "/", ""}, {"/a", "/", "a"}, {"/a/b", "/a", "b"}, {"/a/b/c", "/a/b", "c"}, {"/a/", "/a", ""},
	} {
		if p, b := Parent(c[0]), Base(c[0]); p != c[1] || b != c[2] {
			t.Errorf("%q: parent %q, base %q", c[0], p, b)
		}
	}
}

func TestParseChroot(t *testing.T) {
	for in, want := range map[string]Chroot{"": "", "/": "", "/app": "/app", "/app/": "/app", "/a/b": "/a/b"} {
		if got, err := ParseChroot(in); err != nil || got != want {
			t.Errorf("%q: %q %v", in, got, err)
		}
	}
	for _, in := range []string{"app", "//", "/app//", "/a//b", "/..", "/a/../b", "/a\x00"} {
		if got, err := ParseChroot(in); !errors.Is(err, CodeBadArguments) || got != "" {
			t.Errorf("%q: %q %v", in, got, err)
		}
	}
}

func TestChroot(t *testing.T) {
	for _, c := range []struct {
		chroot     Chroot
		path       string
		sequential bool
		full       string
	}{
		{"", "/", false, "/"},
		{"", "/a", false, "/a"},
		{"", "/", true, "/"},
		{"/app", "/", false, "/app"},
		{"/app", "/a", false, "/app/a"},
		{"/app", "/a/", true, "/app/a/"},
		{"/app", "/", true, "/app/"},
		{"/app/x", "/a/b", false, "/app/x/a/b"},
	} {
		if got := c.chroot.Join(c.path, c.sequential); got != c.full {
			t.Errorf("%q under %q: %q, want %q", c.path, c.chroot, got, c.full)
		}
		if got, ok := c.chroot.Strip(c.full); got != c.path || !ok {
			t.Errorf("%q out of %q: %q %t, want %q", c.full, c.chroot, got, ok, c.path)
		}
	}
	for _, c := range []struct {
		chroot Chroot
		path   string
	}{
		{"/app", "/application"}, {"/app", "/app2/x"}, {"/app", "/ap"}, {"/app", "/"}, {"/app", ""}, {"/app", "/other/app"},
		{"/app", "/zookeeper/config"}, {"/app/x", "/app"}, {"/app/x", "/app/xy"},
	} {
		if got, ok := c.chroot.Strip(c.path); ok || got != c.path {
			t.Errorf("%q out of %q: %q %t", c.path, c.chroot, got, ok)
		}
	}
}

func TestPathsAllocateNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		_ = ValidatePath("/service/workers/worker-0000000017", false)
		_, _ = Chroot("/service").Strip("/service/workers/worker-0000000017")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
