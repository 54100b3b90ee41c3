package mutants

// hosts are bugs of how servers are found and left.
var hosts = []Mutant{
	{
		Name:    "session-left-behind",
		What:    "a client that goes to another server because the list has changed begins a new session there",
		KnownAs: "none",
		Breaks:  "a client among names and lists: another session, with a server there all the time",
		Test:    hostsTest,
		Worst:   1,
		Patches: []Patch{{
			"internal/session/move.go",
			`	m.leaving, m.changed = d, true`,
			`	if mutant.On("session-left-behind") {
		m.sess = Info{Epoch: m.sess.Epoch, Timeout: m.sess.Timeout}
	}
	m.leaving, m.changed = d, true`,
		}},
	},
	{
		Name:    "read-only-unasked",
		What:    "a server without a quorum is good enough, also for a client that has not said so",
		KnownAs: "none",
		Breaks:  "a client among names and lists: read-only, and has not asked for it",
		Test:    hostsTest,
		Worst:   2,
		Patches: []Patch{
			{
				"internal/session/handshake.go",
				`	req := wire.ConnectRequest{ReadOnly: m.cfg.ReadOnly, HasReadOnly: true}`,
				`	req := wire.ConnectRequest{ReadOnly: m.cfg.ReadOnly || mutant.On("read-only-unasked"), HasReadOnly: true}`,
			},
			{
				"internal/session/readonly.go",
				`	case !m.cfg.ReadOnly:`,
				`	case !m.cfg.ReadOnly && !mutant.On("read-only-unasked"):`,
			},
			{
				"internal/session/machine.go",
				`		m.anew = m.cfg.ReadOnly && m.bury`,
				`		m.anew = (m.cfg.ReadOnly || mutant.On("read-only-unasked")) && m.bury`,
			},
		},
	},
}
