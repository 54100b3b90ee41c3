package mutants

// proof are bugs of what may be believed, and for how long.
var proof = []Mutant{
	{
		Name:    "lease-from-receipt",
		What:    "the proof is counted from when the answer came, and answers that have waited through a pause are believed",
		KnownAs: "ours: the study that this simulation began with had it",
		Breaks:  "the lock: one believes again that he holds it, after he had lost it",
		Test:    proofTest,
		Worst:   25,
		Patches: []Patch{
			{
				"internal/session/receive.go",
				`func (m *Machine) Received(now time.Duration, conn uint64, b []byte) (used int) {
	m.Tick(now)`,
				`func (m *Machine) Received(now time.Duration, conn uint64, b []byte) (used int) {
	if !mutant.On("lease-from-receipt") {
		m.Tick(now)
	}`,
			},
			{
				"internal/session/deadlines.go",
				`		p.leader = max(p.leader, a.sent)`,
				`		p.leader = max(p.leader, a.sent)
		if mutant.On("lease-from-receipt") {
			p.confirmed = max(p.confirmed, a.heard)
		}`,
			},
		},
	},
	{
		Name:    "lease-from-last-answer",
		What:    "the newest answer of the leader is the proof, and not the one that it confirms",
		KnownAs: "ours: on three servers of 3.8 it made two believers in 4 of 14 rounds",
		Breaks:  "the lock: both believe that they hold it",
		Test:    proofTest,
		Worst:   1041,
		Patches: []Patch{{
			"internal/session/deadlines.go",
			`		for n < len(p.pending) && p.pending[n].sent <= a.sent-timeout/4`,
			`		if mutant.On("lease-from-last-answer") {
			p.confirmed = max(p.confirmed, a.sent)
		}
		for n < len(p.pending) && p.pending[n].sent <= a.sent-timeout/4`,
		}},
	},
	{
		Name:    "pings-prove",
		What:    "an answered ping proves the session, though a follower answers it without asking the leader",
		KnownAs: "every client that takes CONNECTED for a proof",
		Breaks:  "the lock: both believe that they hold it",
		Test:    proofTest,
		Worst:   2,
		Patches: []Patch{{
			"internal/session/receive.go",
			`	m.answered(answer{m.pings[0], now}, false)`,
			`	m.answered(answer{m.pings[0], now}, mutant.On("pings-prove"))`,
		}, {
			"internal/session/tick.go",
			`func (m *Machine) nextSync() time.Duration {`,
			`func (m *Machine) nextSync() time.Duration {
	if mutant.On("pings-prove") { // else a ping behind a sync that hangs is not answered
		return never
	}`,
		}},
	},
	{
		Name:    "handshake-from-receipt",
		What:    "a session is proved as of the answer to the handshake, and not as of the question",
		KnownAs: "none",
		Breaks:  "the lock: both believe that they hold it",
		Test:    resumeTest,
		Worst:   2809,
		Patches: []Patch{{
			"internal/session/handshake.go",
			`		m.proof.reset(m.shook)`,
			`		if mutant.On("handshake-from-receipt") {
			m.proof.reset(m.lastRecv)
		}
		m.proof.reset(m.shook)`,
		}},
	},
	{
		Name:    "lease-by-wall-clock",
		What:    "deadlines are compared with the wall clock, which somebody may set back",
		KnownAs: "none",
		Breaks:  "the lock: both believe that they hold it",
		Test:    proofTest,
		Worst:   39,
		Patches: []Patch{{
			"internal/session/clock.go",
			`	return mono + c.slept`,
			`	if mutant.On("lease-by-wall-clock") {
		return wall
	}
	return mono + c.slept`,
		}},
	},
	{
		Name:    "hold-not-proved",
		What:    "a session that somebody holds is kept alive, but not proved",
		KnownAs: "ours",
		Breaks:  "a quiet world: the lock is lost while nothing is wrong",
		Test:    quietTest,
		Worst:   1,
		Patches: []Patch{{
			"internal/session/tick.go",
			`	if m.holds.n == 0 || m.syncing || m.state != Connected || m.closing != nil {`,
			`	if m.holds.n == 0 || m.syncing || m.state != Connected || m.closing != nil || mutant.On("hold-not-proved") {`,
		}},
	},
}
