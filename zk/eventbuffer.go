package zk

// An eventBuffer holds events that nobody has received yet: in a list, or in a channel once there is one. Its
// owner's mutex guards it, but for whoever receives from the channel.
type eventBuffer struct {
	max  int
	path string  // of the subscription
	list []Event // from head on
	head int
	ch   chan Event
}

func (q *eventBuffer) len() int { return len(q.list) - q.head + len(q.ch) }

// push appends an event. If there is no room, one Resync takes the place of all, this one included: whoever
// reads everything again when it is received sees what all of them have told.
func (q *eventBuffer) push(ev Event) {
	if q.len() < q.max {
		q.append(ev)
		return
	}
	all := Event{Type: Resync, Path: q.path, Zxid: -1, Overflow: true, SessionChanged: ev.SessionChanged}
	for old, ok := q.pop(); ok; old, ok = q.pop() {
		all.SessionChanged = all.SessionChanged || old.SessionChanged
	}
	q.append(all)
}

// append is for an event for which there is room.
func (q *eventBuffer) append(ev Event) {
	if q.ch != nil {
		q.ch <- ev // nobody else sends, so there is room
		return
	}
	if q.head > len(q.list)/2 { // else a list that is never empty would grow for ever
		q.list = q.list[:copy(q.list, q.list[q.head:])]
		q.head = 0
	}
	q.list = append(q.list, ev)
}

func (q *eventBuffer) pop() (ev Event, ok bool) {
	if q.ch != nil {
		//zkvet:allow select does not wait: it takes what is there
		select {
		case ev, ok = <-q.ch:
		default:
		}
		return ev, ok
	}
	if q.head == len(q.list) {
		return ev, false
	}
	ev = q.list[q.head]
	q.list[q.head] = Event{}
	if q.head++; q.head == len(q.list) {
		q.list, q.head = q.list[:0], 0
	}
	return ev, true
}

// channel moves the events into a channel. ended: it is to be closed.
func (q *eventBuffer) channel(ended bool) <-chan Event {
	if q.ch == nil {
		list := q.list[q.head:]
		q.ch, q.list, q.head = make(chan Event, q.max), nil, 0
		for _, ev := range list {
			q.ch <- ev
		}
		if ended {
			close(q.ch)
		}
	}
	return q.ch
}

// end says that nothing follows.
func (q *eventBuffer) end() {
	if q.ch != nil {
		close(q.ch)
	}
}

// discard throws away what nobody has received.
func (q *eventBuffer) discard() {
	for ok := true; ok; _, ok = q.pop() {
	}
}
