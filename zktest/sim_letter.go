package zktest

import "github.com/gazoo-go/gazoo/zktest/core/ensemble"

// A simLetter is a message on its way from one server to another. Every fourth step of a world is one that arrives, so
// letters are used again; those that are lost are not.
type simLetter struct {
	from, to *simServer
	reader   *ensemble.Member // what runs on the machine to which it goes
	message  ensemble.Message
	arrived  func() // for the picture

	arrive func() // deliver, as a value
}

func (e *SimEnsemble) letter() *simLetter {
	if last := len(e.letters) - 1; last >= 0 {
		l := e.letters[last]
		e.letters = e.letters[:last]
		return l
	}
	l := new(simLetter)
	l.arrive = l.deliver
	return l
}

func (l *simLetter) deliver() {
	from, to := l.from, l.to
	current := to.member == l.reader && !to.dead
	if current {
		l.arrived()
		to.member.Deliver(to.node.Now(), from.id(), l.message)
	}
	*l = simLetter{arrive: l.arrive}
	from.e.letters = append(from.e.letters, l)
	if current {
		to.host.settle()
	}
}
