package handler_test

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/handler"
)

// lowMark returns how many bytes must have arrived on a connection for somebody to be woken.
func lowMark(t *testing.T, nc net.Conn) (n int) {
	raw, err := nc.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if e := raw.Control(func(fd uintptr) {
		n, err = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVLOWAT)
	}); e != nil || err != nil {
		t.Error(e, err)
	}
	return n
}

// While a reader pauses, bytes that arrive wake nobody; when it waits for them, the first does.
func TestPausesAreQuiet(t *testing.T) {
	near, far := tcpPair(t)
	s := &patientSink{sink: newSink(), pause: time.Millisecond}
	arrived := make(chan int, 100)
	s.received = func(b []byte) int {
		arrived <- lowMark(t, near)
		return len(b)
	}
	asked := make(chan int, 100)
	s.ask = func() { asked <- lowMark(t, near) }
	handler.NewConn(near, s)

	far.Write([]byte{1})
	for range 3 { // the fourth small read is the first that is asked about
		<-arrived
		far.Write([]byte{1})
	}
	if low := <-arrived; low > 1 {
		t.Errorf("an eager reader waits for %d bytes", low)
	}
	<-asked
	quiet := 0
	for range 20 {
		far.Write([]byte{1}) // while it sleeps
		if low := <-arrived; low > 1 {
			quiet++
		}
		<-asked
	}
	if quiet == 0 {
		t.Error("each byte that came in a pause woke somebody")
	}
	for range 20 { // nothing comes in a pause: then the next byte must wake the reader
		for deadline := time.Now().Add(10 * time.Second); lowMark(t, near) > 1; {
			if time.Now().After(deadline) {
				t.Fatal("the reader waits for many bytes")
			}
		}
		far.Write([]byte{1})
		<-arrived
		<-asked
	}
	far.Write([]byte{1, 2, 3})
	far.Close()
	if err := <-s.closed; !errors.Is(err, io.EOF) {
		t.Errorf("closed with %v", err)
	}
}
