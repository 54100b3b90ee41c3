package mutants

// connection are bugs of the session machine: of connections, sessions, and what was sent on them.
var connection = []Mutant{
	{
		Name:    "no-read-timeout",
		What:    "a connection that says nothing any more is waited for",
		KnownAs: "kazoo#66",
		Breaks:  "everybody gets another turn",
		Test:    lockTest,
		Worst:   18,
		Patches: []Patch{
			{
				"internal/session/tick.go",
				`func (m *Machine) silent() time.Duration {`,
				`func (m *Machine) silent() time.Duration {
	if mutant.On("no-read-timeout") {
		return never
	}`,
			},
			{
				"internal/session/tick.go",
				`func (m *Machine) doubtful() time.Duration {`,
				`func (m *Machine) doubtful() time.Duration {
	if mutant.On("no-read-timeout") && m.phase == phaseUp {
		return never
	}
	return m.doubtfulAt()
}

func (m *Machine) doubtfulAt() time.Duration {`,
			},
			{
				"internal/session/tick.go",
				`	if m.cfg.LocalExpiry == 0 {`,
				`	if m.cfg.LocalExpiry == 0 || mutant.On("no-read-timeout") && m.phase == phaseUp {`,
			},
		},
	},
	{
		Name:    "read-timeout-by-pings",
		What:    "only answered pings count as signs of life, and a busy connection sends none",
		KnownAs: "none",
		Breaks:  "a quiet world: the connection is lost while nothing is wrong",
		Test:    quietTest,
		Worst:   1,
		Patches: []Patch{
			{
				"internal/session/receive.go",
				`	m.lastRecv = now
	m.bytes += len(b)`,
				`	if !mutant.On("read-timeout-by-pings") {
		m.lastRecv = now
	}
	m.bytes += len(b)`,
			},
			{
				"internal/session/receive.go",
				`	if len(m.pings) == 0 {`,
				`	m.lastRecv = now
	if len(m.pings) == 0 {`,
			},
		},
	},
	{
		Name:    "no-pings",
		What:    "an idle connection is not kept alive",
		KnownAs: "none",
		Breaks:  "a quiet world: the connection is lost while nothing is wrong",
		Test:    quietTest,
		Worst:   1,
		Patches: []Patch{{
			"internal/session/tick.go",
			`	return m.lastSend + m.sess.Timeout/3`,
			`	if mutant.On("no-pings") {
		return never
	}
	return m.lastSend + m.sess.Timeout/3`,
		}},
	},
	{
		Name:    "no-ping-behind-requests",
		What:    "no ping is sent while an answer is awaited",
		KnownAs: "none",
		Test:    lockTest,
		Equivalent: "a connection on which nothing arrives is given up after two thirds of the timeout, and the next handshake " +
			"keeps the session; and a ping would have been answered behind the request only",
		Patches: []Patch{{
			"internal/session/tick.go",
			`	if m.closing != nil && m.written(m.closing) { // nothing is read behind it`,
			`	if mutant.On("no-ping-behind-requests") && m.sent.n > 0 {
		return never
	}
	if m.closing != nil && m.written(m.closing) { // nothing is read behind it`,
		}},
	},
	{
		Name:    "backoff-never-reset",
		What:    "pauses between rounds of hosts grow, and do not begin anew after a success",
		KnownAs: "none",
		Test:    lockTest,
		Equivalent: "a pause is never longer than a second, and the patience with an address never longer than two thirds of the " +
			"timeout: it costs time, but not more than is promised",
		Patches: []Patch{{
			"internal/session/hosts.go",
			`func (h *hosts) worked(addr string) { h.last, h.at, h.fails = h.host, addr, 0 }`,
			`func (h *hosts) worked(addr string) {
	fails := h.fails
	h.last, h.at, h.fails = h.host, addr, 0
	if mutant.On("backoff-never-reset") {
		h.fails = fails
	}
}`,
		}},
	},
	{
		Name:    "last-zxid-zero",
		What:    "a client does not tell a new server what it has seen",
		KnownAs: "kezhuw/zookeeper-client-rust#32",
		Breaks:  "a history: a client sees the past",
		Test:    clientTest,
		Worst:   151,
		Patches: []Patch{{
			"internal/session/handshake.go",
			`	req.LastZxidSeen = m.lastZxid`,
			`	req.LastZxidSeen = m.lastZxid
	if mutant.On("last-zxid-zero") {
		req.LastZxidSeen = 0
	}`,
		}},
	},
	{
		Name:    "zxid-from-events",
		What:    "the zxid in front of an event, which is -1 before 3.9, is taken for the newest one seen",
		KnownAs: "bonifaido/rust-zookeeper#50",
		Breaks:  "a history: a client sees the past",
		Test:    clientTest,
		Worst:   137,
		Patches: []Patch{{
			"internal/session/receive.go",
			`	e := Event{Type: wire.EventType(ev.Type), Path: ev.Path, Zxid: h.Zxid}`,
			`	e := Event{Type: wire.EventType(ev.Type), Path: ev.Path, Zxid: h.Zxid}
	if mutant.On("zxid-from-events") {
		m.lastZxid = -1
	}`,
		}},
	},
	{
		Name:    "pending-not-flushed",
		What:    "requests that were sent on a connection that is lost never complete",
		KnownAs: "samuel/go-zookeeper#43; the hang of kazoo#241",
		Breaks:  "everybody gets another turn",
		Test:    lockTest,
		Worst:   7,
		Patches: []Patch{{
			"internal/session/submit.go",
			`		m.complete(r, err)
		m.arrived(r)
	}
	m.failWaiting(err)`,
			`		if mutant.On("pending-not-flushed") {
			continue
		}
		m.complete(r, err)
		m.arrived(r)
	}
	m.failWaiting(err)`,
		}},
	},
	{
		Name:    "flush-is-success",
		What:    "a delete whose connection is lost completes without an error",
		KnownAs: "none",
		Breaks:  "everybody gets another turn",
		Test:    lockTest,
		Worst:   16,
		Patches: []Patch{{
			"internal/session/submit.go",
			`	written := m.written(r)
	r.state = reqDone`,
			`	written := m.written(r)
	if mutant.On("flush-is-success") && written && r.Op == wire.OpDelete && err == wire.CodeConnectionLoss {
		err = nil
	}
	r.state = reqDone`,
		}},
	},
	{
		Name:    "xid-reuse",
		What:    "numbers of requests are not told apart",
		KnownAs: "none",
		Test:    clientTest,
		Equivalent: "answers come in the order of the requests, and the number is only compared with that of the oldest one: it " +
			"finds the errors of servers",
		Patches: []Patch{{
			"internal/session/submit.go",
			`		m.xid = wire.NextXid(m.xid)`,
			`		m.xid = wire.NextXid(m.xid)
		if mutant.On("xid-reuse") {
			m.xid = 7
		}`,
		}},
	},
	{
		Name:    "expiry-not-noticed",
		What:    "the server grants a new session in place of the one that has expired, and the client takes it for the old one",
		KnownAs: "go-zookeeper/zk#37 is a cousin",
		Breaks:  "a session: another one under the same epoch",
		Test:    clientTest,
		Worst:   2,
		Patches: []Patch{{
			"internal/session/handshake.go",
			`	case asked.ID != 0 && resp.SessionId != asked.ID:
		m.expire(wire.CodeSessionExpired, false)`,
			`	case mutant.On("expiry-not-noticed") && asked.ID != 0 && resp.SessionId != asked.ID:
		m.sess = Info{Epoch: m.sess.Epoch - 1} // adopt adds one
	case asked.ID != 0 && resp.SessionId != asked.ID:
		m.expire(wire.CodeSessionExpired, false)`,
		}},
	},
	{
		Name:    "no-burial",
		What:    "a session that was given up is left to its server, and lives on beside the next one",
		KnownAs: "the window of CURATOR-498 and CURATOR-604",
		Breaks:  "a session: ephemeral nodes of the last one are still there",
		Test:    clientTest,
		Worst:   61,
		Patches: []Patch{{
			"internal/session/machine.go",
			`	if bury {
		m.bury = &old`,
			`	if bury && !mutant.On("no-burial") {
		m.bury = &old`,
		}},
	},
	{
		Name:    "dead-session-resumed",
		What:    "a session that was given up, and that everybody was told has ended, is used again when a server still has it",
		KnownAs: "ours",
		Breaks:  "everybody gets another turn",
		Test:    lockTest,
		Worst:   7,
		Patches: []Patch{{
			"internal/session/handshake.go",
			`	case granted && m.bury != nil && resp.SessionId == asked.ID:`,
			`	case granted && m.bury != nil && mutant.On("dead-session-resumed"):
		m.bury = nil
	case granted && m.bury != nil && resp.SessionId == asked.ID:`,
		}},
	},
	{
		Name:    "pinned-to-nothing",
		What:    "requests that are pinned to a session are written in the next one, too",
		KnownAs: "ours; other clients pin nothing",
		Breaks:  "a session: a pinned create belongs to another one",
		Test:    clientTest,
		Worst:   16,
		Patches: []Patch{
			{
				"internal/session/submit.go",
				`	case r.Epoch != 0 && r.Epoch != m.sess.Epoch, r.Epoch != 0 && m.sess.ID == 0:`,
				`	case !mutant.On("pinned-to-nothing") && r.Epoch != 0 && (r.Epoch != m.sess.Epoch || m.sess.ID == 0):`,
			},
			{
				"internal/session/submit.go",
				`	if r.Epoch != 0 && r.Epoch != m.sess.Epoch {
		return wire.CodeSessionExpired`,
				`	if r.Epoch != 0 && r.Epoch != m.sess.Epoch && !mutant.On("pinned-to-nothing") {
		return wire.CodeSessionExpired`,
			},
		},
	},
	{
		Name:    "close-says-nothing",
		What:    "Close ends the client without closing its session",
		KnownAs: "none",
		Breaks:  "a session: ephemeral nodes of a closed client are still there",
		Test:    clientTest,
		Worst:   3,
		Patches: []Patch{{
			"internal/session/machine.go",
			`	case m.sess.ID == 0 && m.bury == nil, m.local && !m.state.Up():`,
			`	case m.sess.ID == 0 && m.bury == nil, m.local && !m.state.Up(), mutant.On("close-says-nothing"):`,
		}},
	},
	{
		Name:    "credentials-sent-once",
		What:    "credentials are not sent again on the next connection",
		KnownAs: "samuel/go-zookeeper#139, Netflix/curator#245, kazoo#172",
		Breaks:  "a session: not authorized for its own node",
		Test:    clientTest,
		Worst:   1,
		Patches: []Patch{{
			"internal/session/handshake.go",
			`		c := &m.auth[i]
		m.request(`,
			`		c := &m.auth[i]
		if mutant.On("credentials-sent-once") && c.accepted {
			continue
		}
		m.request(`,
		}},
	},
}
