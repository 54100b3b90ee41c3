package ensemble

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

// Peer is a member of the ensemble as its configuration names it.
type Peer struct {
	ID       int64 // "myid", 0 to 255
	Observer bool  // it does not vote
	// Addrs is "host:port:port", where the others find it, several of them with "|" in between. Nothing in here connects to
	// it. Empty in what NewMember is given: one that no other member has.
	Addrs string
	// Client is "host:port", where clients find it, and may be empty.
	Client string
}

// line is the peer as it stands in a configuration.
func (p *Peer) line() string {
	role := ":participant"
	if p.Observer {
		role = ":observer"
	}
	text := fmt.Sprintf("server.%d=%s", p.ID, strings.ReplaceAll(p.Addrs, "|", role+"|")+role)
	if p.Client != "" {
		text += ";" + p.Client
	}
	return text
}

// A View is who belongs to the ensemble, as of some version. It is never written to.
type View struct {
	// Version is the zxid of the reconfiguration that it comes from; that with which the first leader began its epoch, for
	// the members that an ensemble begins with; 0 before that.
	Version int64
	Peers   []Peer // by ID
}

func newView(version int64, peers []Peer) *View {
	slices.SortFunc(peers, func(a, b Peer) int { return int(a.ID - b.ID) })
	return &View{version, peers}
}

// Text is what "/zookeeper/config" holds.
func (v *View) Text() []byte {
	var b bytes.Buffer
	for i := range v.Peers {
		b.WriteString(v.Peers[i].line())
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "version=%x", uint64(v.Version))
	return b.Bytes()
}

// parseView reads what Text has written.
func parseView(text []byte) (*View, error) {
	v := new(View)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if hex, ok := strings.CutPrefix(line, "version="); ok {
			n, err := strconv.ParseUint(hex, 16, 64)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", line, err)
			}
			v.Version = int64(n)
			continue
		}
		p, err := parsePeer(line)
		if err != nil {
			return nil, err
		}
		v.Peers = append(v.Peers, p)
	}
	return newView(v.Version, v.Peers), nil
}

// errID is an id that is no number. ZooKeeper stumbles over one, and says that it could not read the request.
var errID = errors.New("its id is no number")

func refusal(err error) wire.Code {
	if errors.Is(err, errID) {
		return wire.CodeMarshallingError
	}
	return wire.CodeBadArguments
}

// parsePeer reads "server.<id>=<host>:<port>:<port>[:<role>][;[<host>:]<port>]".
func parsePeer(s string) (p Peer, err error) {
	bad := fmt.Errorf("%q is no server", s)
	key, value, ok := strings.Cut(strings.TrimSpace(s), "=")
	if !ok {
		return p, bad
	}
	if p.ID, err = strconv.ParseInt(key[strings.LastIndexByte(key, '.')+1:], 10, 64); err != nil {
		return p, fmt.Errorf("%w: %w", bad, errID)
	}
	servers, client, _ := strings.Cut(value, ";")
	var addrs []string
	for part := range strings.SplitSeq(servers, "|") {
		addr, role, ok := cutRole(strings.TrimSpace(part))
		if !ok {
			return p, bad
		}
		addrs = append(addrs, addr)
		switch strings.ToLower(role) {
		case "", "participant":
		case "observer":
			p.Observer = true
		default:
			return p, bad
		}
	}
	p.Addrs = strings.Join(addrs, "|")
	client, _, _ = strings.Cut(strings.TrimSpace(client), ";")
	if p.Client = client; client != "" && !strings.Contains(client, ":") {
		p.Client = "0.0.0.0:" + client
	}
	return p, nil
}

// cutRole parts host:port:port from the role behind it. An IPv6 address stands in brackets.
func cutRole(s string) (addr, role string, ok bool) {
	host := 0
	if strings.HasPrefix(s, "[") {
		host = strings.IndexByte(s, ']')
	}
	if host < 0 {
		return "", "", false
	}
	parts := strings.Split(s[host:], ":")
	if len(parts) == 4 {
		role = parts[3]
		parts = parts[:3]
		s = s[:len(s)-len(role)-1]
	}
	if len(parts) != 3 || s[:host]+parts[0] == "" {
		return "", "", false
	}
	for _, port := range parts[1:] {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return "", "", false
		}
	}
	return s, role, true
}

func (v *View) peer(id int64) *Peer {
	for i := range v.Peers {
		if v.Peers[i].ID == id {
			return &v.Peers[i]
		}
	}
	return nil
}

func (v *View) votes(id int64) bool {
	p := v.peer(id)
	return p != nil && !p.Observer
}

func (v *View) observes(id int64) bool {
	p := v.peer(id)
	return p != nil && p.Observer
}

// change is what becomes of the members by a request. Weights and groups of servers are not known here.
func (v *View) change(r *proto.ReconfigRequest, version int64) (*View, wire.Code) {
	var peers []Peer
	if r.NewMembers != nil {
		for line := range strings.SplitSeq(strings.ReplaceAll(string(r.NewMembers), ",", "\n"), "\n") {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "version=") {
				continue
			}
			p, err := parsePeer(line)
			if !strings.HasPrefix(line, "server.") {
				return nil, wire.CodeBadArguments
			}
			if err != nil {
				return nil, refusal(err)
			}
			peers = replace(peers, p)
		}
	} else {
		peers = slices.Clone(v.Peers)
		for id := range fields(r.LeavingServers) {
			n, err := strconv.ParseInt(id, 10, 64)
			if err != nil {
				return nil, wire.CodeMarshallingError
			}
			peers = slices.DeleteFunc(peers, func(p Peer) bool { return p.ID == n })
		}
		for line := range fields(r.JoiningServers) {
			p, err := parsePeer(line)
			if err != nil {
				return nil, refusal(err)
			}
			if p.Client == "" || slices.ContainsFunc(peers, func(other Peer) bool { return clash(&p, &other) }) {
				return nil, wire.CodeBadArguments
			}
			peers = replace(peers, p)
		}
	}
	if !slices.ContainsFunc(peers, func(p Peer) bool { return !p.Observer }) {
		return nil, wire.CodeBadArguments
	}
	return newView(version, peers), wire.OK
}

func replace(peers []Peer, p Peer) []Peer {
	return append(slices.DeleteFunc(peers, func(other Peer) bool { return other.ID == p.ID }), p)
}

// clash reports whether two servers have an address in common.
func clash(p, other *Peer) bool {
	if p.ID == other.ID {
		return false
	}
	theirs := other.sockets()
	return slices.ContainsFunc(p.sockets(), func(s string) bool { return slices.Contains(theirs, s) })
}

// sockets is where the server listens, each as host:port. Addresses that mean the host itself are left out, as in ZooKeeper:
// they say nothing to other hosts.
func (p *Peer) sockets() (all []string) {
	add := func(host, port string) {
		ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
		if host != "localhost" && (err != nil || !ip.IsLoopback() && !ip.IsUnspecified()) {
			all = append(all, host+":"+port)
		}
	}
	for addr := range strings.SplitSeq(p.Addrs, "|") {
		if host, ports, ok := cutPorts(addr); ok {
			for port := range strings.SplitSeq(ports, ":") {
				add(host, port)
			}
		}
	}
	if at := strings.LastIndexByte(p.Client, ':'); at >= 0 {
		add(p.Client[:at], p.Client[at+1:])
	}
	return all
}

// cutPorts parts host from port:port.
func cutPorts(addr string) (host, ports string, ok bool) {
	if at := strings.LastIndexByte(addr, ':'); at > 0 {
		if at = strings.LastIndexByte(addr[:at], ':'); at >= 0 {
			return addr[:at], addr[at+1:], true
		}
	}
	return addr, "", false
}

// fields are those of a list with commas; none of one that is null or empty.
func fields(list []byte) func(func(string) bool) {
	return func(yield func(string) bool) {
		for s := range strings.SplitSeq(string(list), ",") {
			if s = strings.TrimSpace(s); s != "" && !yield(s) {
				return
			}
		}
	}
}
