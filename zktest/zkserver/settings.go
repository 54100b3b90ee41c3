package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gazoo-go/gazoo/zktest/core"
)

// settings are what zoo.cfg says, and where it is silent ZooKeeper's defaults.
type settings struct {
	address string
	dataDir string
	core    core.Config
}

// readSettings reads a zoo.cfg: a Java properties file, of which ZooKeeper's own configurations use lines "key=value" and
// comments. An unreadable file or a value that makes no sense is an error; a key that means nothing here goes to logf.
func readSettings(path string, logf func(string, ...any)) (settings, error) {
	f, err := os.Open(path)
	if err != nil {
		return settings{}, err
	}
	defer f.Close()
	set := settings{core: core.Config{TickTime: 3 * time.Second, MaxConnsPerAddr: 60}}
	host, port := "", "2181"
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			return set, fmt.Errorf("%s:%d: no key=value", path, n)
		}
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch key {
		case "clientPort":
			port = value
			_, err = strconv.ParseUint(value, 10, 16)
		case "clientPortAddress":
			host = value
		case "dataDir":
			set.dataDir = value
		default:
			err = set.apply(key, value, logf)
		}
		if err != nil {
			return set, fmt.Errorf("%s:%d: %s: %w", path, n, key, err)
		}
	}
	set.address = net.JoinHostPort(host, port)
	return set, lines.Err()
}

func (s *settings) apply(key, value string, logf func(string, ...any)) (err error) {
	c := &s.core
	switch key {
	case "tickTime":
		c.TickTime, err = milliseconds(value)
	case "minSessionTimeout":
		c.MinSessionTimeout, err = milliseconds(value)
	case "maxSessionTimeout":
		c.MaxSessionTimeout, err = milliseconds(value)
	case "znode.container.checkIntervalMs":
		c.SweepInterval, err = milliseconds(value)
	case "maxClientCnxns":
		c.MaxConnsPerAddr, err = strconv.Atoi(value)
	case "jute.maxbuffer":
		var n int64
		n, err = strconv.ParseInt(value, 0, 32)
		c.MaxFrame = int(n)
	case "4lw.commands.whitelist":
		c.Whitelist = []string{}
		for word := range strings.SplitSeq(value, ",") {
			c.Whitelist = append(c.Whitelist, strings.TrimSpace(word))
		}
	case "extendedTypesEnabled":
		c.ExtendedTypes, err = strconv.ParseBool(value)
	case "reconfigEnabled":
		c.Reconfig, err = strconv.ParseBool(value)
	case "readonlymode.enabled":
		c.ReadOnlyMode, err = strconv.ParseBool(value)
	case "enforceQuota":
		c.EnforceQuota, err = strconv.ParseBool(value)
	case "skipACL":
		c.SkipACL = value == "yes"
	default:
		logf("%s: has no effect here", key)
	}
	return err
}

// milliseconds of -1 are ZooKeeper's way to ask for the default, which is 0 here.
func milliseconds(value string) (time.Duration, error) {
	n, err := strconv.ParseInt(value, 10, 32)
	return time.Duration(max(n, 0)) * time.Millisecond, err
}
