package zk

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// defaultPort is where ZooKeeper listens unless it is told otherwise.
const defaultPort = "2181"

// parseConnect takes a connect string apart: host[:port] separated by commas, then a chroot. An IPv6
// address with a port stands in brackets. Spaces around hosts, empty hosts and repetitions are left out.
func parseConnect(s string) (hosts []string, chroot wire.Chroot, err error) {
	list, path := s, ""
	if i := strings.IndexByte(s, '/'); i >= 0 {
		list, path = s[:i], s[i:]
	}
	if strings.Contains(path, ",") {
		return nil, "", fmt.Errorf("zk: connect string %q: a comma in the chroot; there is one chroot, behind all hosts", s)
	}
	if chroot, err = wire.ParseChroot(path); err != nil {
		return nil, "", fmt.Errorf("zk: connect string %q: chroot: %w", s, err)
	}
	for h := range strings.SplitSeq(list, ",") {
		h = strings.TrimSpace(h)
		if h == "" {
			continue
		}
		host, err := hostPort(h)
		if err != nil {
			return nil, "", fmt.Errorf("zk: connect string %q: host %q: %w", s, h, err)
		}
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	if len(hosts) == 0 {
		return nil, "", fmt.Errorf("zk: connect string %q: no host", s)
	}
	return hosts, chroot, nil
}

var errHost = errors.New("neither a host name nor an address")

// hostPort returns host:port in the form in which equal ones are equal.
func hostPort(s string) (string, error) {
	host, port := s, defaultPort
	rest, bracketed := strings.CutPrefix(s, "[")
	switch {
	case bracketed:
		inside, behind, closed := strings.Cut(rest, "]")
		if !closed {
			return "", errors.New("no closing bracket")
		}
		host = inside
		if behind != "" {
			if port, closed = strings.CutPrefix(behind, ":"); !closed {
				return "", errHost
			}
		}
	case strings.Count(s, ":") == 1:
		host, port, _ = strings.Cut(s, ":")
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() == (bracketed || strings.Contains(host, ":")) {
		host = addr.String()
	} else if host == "" || bracketed || strings.ContainsFunc(host, notInName) {
		return "", errHost
	} else {
		host = strings.ToLower(host)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", fmt.Errorf("port %q: must be between 1 and 65535", port)
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10)), nil
}

// notInName reports what no host name has. It is lenient: names are what a resolver takes.
func notInName(r rune) bool {
	return r <= ' ' || r == utf8.RuneError || unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`:@?#[]%\"'<>|`, r)
}
