package wire

import "strings"

// Chroot is a node that a client takes for its root: "" for none, or a valid path other than "/". The server knows
// nothing of it. Paths are put under it and taken out again on component boundaries: "/application" is not in "/app".
type Chroot string

// ParseChroot reads the part of a connect string from its first "/" on. One "/" at the end is dropped; "" and "/" are no
// chroot. The error is a [*PathError].
func ParseChroot(s string) (Chroot, error) {
	if s == "" || s == "/" {
		return "", nil
	}
	if !strings.HasSuffix(s, "//") {
		s = strings.TrimSuffix(s, "/")
	}
	if err := ValidatePath(s, false); err != nil {
		return "", err
	}
	return Chroot(s), nil
}

// Join puts path, which is valid (or a sequential prefix), under the chroot. "/" becomes the chroot itself. With
// sequential "/" stays a prefix of children: "/app/", not "/app".
func (c Chroot) Join(path string, sequential bool) string {
	switch {
	case c == "":
		return path
	case path == "/" && !sequential:
		return string(c)
	}
	return string(c) + path
}

// Strip is the reverse of Join. A path outside the chroot comes back as it is, with false: the watches of
// "/zookeeper/config" have such events.
func (c Chroot) Strip(path string) (string, bool) {
	if c == "" {
		return path, true
	}
	rest, ok := strings.CutPrefix(path, string(c))
	switch {
	case !ok:
		return path, false
	case rest == "":
		return "/", true
	case rest[0] == '/':
		return rest, true
	}
	return path, false
}
