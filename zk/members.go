package zk

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// A Member is one server of an ensemble, as "server.1=host:2888:3888:participant;2181" describes it in the
// configuration.
type Member struct {
	ID int64 // "myid"
	// Addrs is where the other servers reach it; usually one, from 3.6 on there may be several.
	Addrs    []MemberAddr
	Observer bool // it does not vote
	// Client is where clients connect: "host:port", or only "port" if it is so in a configuration that
	// was written by hand. Empty if the configuration does not tell.
	Client string
}

// A MemberAddr is one address of a server for the other servers.
type MemberAddr struct {
	Host     string // without brackets
	Quorum   uint16 // the port on which followers follow
	Election uint16 // the port of elections
}

// ParseMember reads one line of the configuration.
func ParseMember(s string) (Member, error) {
	m, err := parseMember(s)
	if err != nil {
		return Member{}, fmt.Errorf("zk: member %q: %w", s, err)
	}
	return m, nil
}

var errMember = errors.New("want server.<id>=<host>:<quorum port>:<election port>[:participant|:observer][;[<client host>:]<client port>]")

func parseMember(s string) (m Member, err error) {
	key, value, ok := strings.Cut(strings.TrimSpace(s), "=")
	id, isServer := strings.CutPrefix(key, "server.")
	if !ok || !isServer {
		return m, errMember
	}
	if m.ID, err = strconv.ParseInt(id, 10, 64); err != nil {
		return m, errMember
	}
	servers, client, _ := strings.Cut(value, ";")
	client, _, _ = strings.Cut(client, ";")
	m.Client = client
	for part := range strings.SplitSeq(servers, "|") {
		addr, role, err := parseMemberAddr(part)
		if err != nil {
			return m, err
		}
		m.Addrs = append(m.Addrs, addr)
		switch role {
		case "", "participant":
		case "observer":
			m.Observer = true
		default:
			return m, errMember
		}
	}
	return m, nil
}

// parseMemberAddr reads host:quorum:election[:role]. An IPv6 address stands in brackets.
func parseMemberAddr(s string) (a MemberAddr, role string, err error) {
	host, rest, ok := "", "", false
	if inside, bracketed := strings.CutPrefix(s, "["); bracketed {
		host, rest, ok = strings.Cut(inside, "]:")
	} else {
		host, rest, ok = strings.Cut(s, ":")
	}
	parts := strings.Split(rest, ":")
	if !ok || host == "" || len(parts) < 2 || len(parts) > 3 {
		return a, "", errMember
	}
	quorum, err := strconv.ParseUint(parts[0], 10, 16)
	if err != nil {
		return a, "", errMember
	}
	election, err := strconv.ParseUint(parts[1], 10, 16)
	if err != nil {
		return a, "", errMember
	}
	if len(parts) == 3 {
		role = parts[2]
	}
	return MemberAddr{Host: host, Quorum: uint16(quorum), Election: uint16(election)}, role, nil
}

// String is the line of the configuration.
func (m Member) String() string {
	role := ":participant"
	if m.Observer {
		role = ":observer"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "server.%d=", m.ID)
	for i, a := range m.Addrs {
		if i > 0 {
			b.WriteByte('|')
		}
		b.WriteString(net.JoinHostPort(a.Host, strconv.Itoa(int(a.Quorum))))
		fmt.Fprintf(&b, ":%d%s", a.Election, role)
	}
	if m.Client != "" {
		b.WriteString(";" + m.Client)
	}
	return b.String()
}

// ParseConfig reads what "/zookeeper/config" holds. Lines that it does not know are left out.
func ParseConfig(data []byte) (Config, error) {
	cfg := Config{Data: data}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "server."):
			m, err := parseMember(line)
			if err != nil {
				return Config{Data: data}, fmt.Errorf("zk: configuration: %q: %w", line, err)
			}
			cfg.Members = append(cfg.Members, m)
		case strings.HasPrefix(line, "version="):
			v, err := strconv.ParseUint(line[len("version="):], 16, 64)
			if err != nil {
				return Config{Data: data}, fmt.Errorf("zk: configuration: %q: want a hexadecimal number", line)
			}
			cfg.Version = int64(v)
		}
	}
	return cfg, nil
}
