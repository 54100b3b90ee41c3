package ensemble

// link is one end of the connection between the leader and a learner. The learner makes it and gives it an id that it
// never used before. A message that is missing breaks it, as TCP would.
type link struct {
	id      uint64 // 0 for none
	in, out uint64 // messages so far
}

// accepts reports whether the message is the next one on the link. On false the link is broken or not this one.
func (l *link) accepts(msg *Message) bool {
	if l.id == 0 || msg.Link != l.id || msg.Seq != l.in+1 {
		return false
	}
	l.in++
	return true
}

// send posts a message on a link.
func (m *Member) send(to int, l *link, msg Message) {
	l.out++
	msg.Link, msg.Seq = l.id, l.out
	m.post(m.ids[to], msg)
}
