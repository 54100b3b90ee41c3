package mutants

// readOnly are bugs of clients that are content with servers without a quorum.
var readOnly = []Mutant{
	{
		Name:    "read-only-keeps-alive",
		What:    "a session of the ensemble is believed in for as long as a read-only server answers",
		KnownAs: "none",
		Breaks:  "a session of the ensemble, longer on a read-only server than it lasts",
		Test:    readOnlyTest,
		Worst:   5,
		Patches: []Patch{{
			"internal/session/receive.go",
			`	if m.state == Connected || m.local {`,
			`	if m.state == Connected || m.local || mutant.On("read-only-keeps-alive") {`,
		}},
	},
	{
		Name:    "local-session-shown",
		What:    "the session of a read-only server is shown to the next server, which does not know it",
		KnownAs: "none",
		Breaks:  "readers: a session is lost on the way from a read-only server to another one",
		Test:    readOnlyTest,
		Worst:   2,
		Patches: []Patch{{
			"internal/session/handshake.go",
			`	case m.local: // whoever answers does not know it`,
			`	case m.local && !mutant.On("local-session-shown"): // whoever answers does not know it`,
		}},
	},
	{
		Name:    "local-watches-end",
		What:    "watches end with the session of a read-only server",
		KnownAs: "none",
		Breaks:  "readers: a watch ends, and no session was lost",
		Test:    readOnlyTest,
		Worst:   1,
		Patches: []Patch{{
			"internal/session/handshake.go",
			`		m.sess = Info{ID: resp.SessionId, Epoch: m.sess.Epoch + 1}
		m.proof.forget()`,
			`		if m.local && mutant.On("local-watches-end") {
			m.endWatches(wire.CodeSessionExpired)
		}
		m.sess = Info{ID: resp.SessionId, Epoch: m.sess.Epoch + 1}
		m.proof.forget()`,
		}},
	},
	{
		Name:    "read-only-buries",
		What:    "a session that was given up counts as closed when a read-only server does not know it",
		KnownAs: "none",
		Breaks:  "readers: a node is still there, of a session that is over",
		Test:    readOnlyTest,
		Worst:   9,
		Patches: []Patch{{
			"internal/session/readonly.go",
			`	case asked == m.bury:
		m.anew = true`,
			`	case asked == m.bury:
		if mutant.On("read-only-buries") {
			m.bury = nil
			m.again(now)
			return nil
		}
		m.anew = true`,
		}},
	},
	{
		Name:    "stays-read-only",
		What:    "a server with a quorum that was found is not moved to",
		KnownAs: "none",
		Breaks:  "readers: every client has found the servers with a quorum",
		Test:    readOnlyTest,
		Worst:   1,
		Patches: []Patch{{
			"internal/session/search.go",
			`	if answer != rw {`,
			`	if answer != rw || mutant.On("stays-read-only") {`,
		}},
	},
}
