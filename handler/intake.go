package handler

import (
	"net"
	"time"
)

// An intake is what the reader of a connection reads from. It waits for the first byte, or, patient, lets some gather first:
//
//	         fewReads in a row brought less than much, and the sink can wait
//	eager ─────────────────────────────────────────────────────────────────────▶ patient
//	  ▲                                                                             │
//	  └──the sink cannot wait, a read brought much, or nothing had come for one──────┘
//
// While it is patient the system wakes nobody for what arrives.
type intake struct {
	nc      net.Conn
	sink    Coalescer // asked whether it can wait; nil: the intake is eager for good
	bell    bell
	much    int  // bytes that were worth a read
	full    bool // the last read had no room for more
	few     int  // reads in a row that have brought little
	patient bool
}

const (
	muchRead = 16 << 10 // is much: if a pause brings that, the server is not slow,
	muchPart = 8        // and so is this part of the receive buffer: when that is full, the sender waits for the reader
	fewReads = 4        // in a row that were not, and a Coalescer is asked. Behind a large one there is often a small one
)

// newIntake returns the intake of nc. It may be patient if a read takes whatever has come, and a sender can go on meanwhile. Of
// TLS a read takes one record, and a server may send each reply in one of its own; a Unix socket is full with some 300 replies,
// however short. There they would be read slower than they come, for ever.
func newIntake(nc net.Conn, sink Sink) intake {
	in := intake{nc: nc}
	if patient, is := sink.(Coalescer); is {
		if bell, room, ok := bellOf(nc); ok {
			in.sink, in.bell, in.much = patient, bell, min(muchRead, room/muchPart)
		}
	}
	return in
}

// read reads as a net.Conn does.
func (in *intake) read(b []byte) (int, error) {
	n, err := in.next(b)
	in.full = n == len(b)
	return n, err
}

func (in *intake) next(b []byte) (int, error) {
	if in.patient {
		if n, err := in.bell.take(b); n > 0 || err != nil {
			return n, err
		}
		in.setPatient(false) // or the first byte would wake nobody
	}
	return in.nc.Read(b)
}

// pause sleeps before the next read, if that is worth it. The last one has brought n bytes.
func (in *intake) pause(n int) {
	if in.sink == nil {
		return
	}
	if in.few++; n >= in.much || in.full { // behind a full one there may be more, of a long reply
		in.few = 0
	}
	var d time.Duration
	if in.few >= fewReads {
		d = in.sink.Coalesce()
	}
	in.setPatient(d > 0)
	if d > 0 {
		time.Sleep(d) // and not until the connection ends, if that is earlier: it is not long
	}
}

func (in *intake) setPatient(patient bool) {
	if in.patient != patient {
		in.patient = patient
		in.bell.mute(patient)
	}
}
