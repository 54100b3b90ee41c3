package handler_test

import (
	"errors"
	"io"
	"net"
	"path/filepath"
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
	s := &patientSink{sink: newSink(), pause: 20 * time.Millisecond}
	arrived := make(chan int, 100)
	s.received = func(b []byte) int {
		arrived <- lowMark(t, near)
		return len(b)
	}
	asked := make(chan bool, 100)
	s.ask = func() { asked <- true }
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
	for range 10 {
		far.Write([]byte{1}) // while it sleeps
		if low := <-arrived; low > 1 {
			quiet++
		}
		<-asked
	}
	if quiet == 0 {
		t.Error("each byte that came in a pause woke somebody")
	}
	for range 10 { // nothing comes in a pause: then the next byte must wake the reader
		for begun := time.Now(); lowMark(t, near) <= 1 && time.Since(begun) < time.Second; { // unless that was missed
		}
		for begun := time.Now(); lowMark(t, near) > 1; {
			if time.Since(begun) > 10*time.Second {
				t.Fatal("the reader waits for many bytes")
			}
		}
		far.Write([]byte{1})
		<-arrived
		<-asked
	}
	far.Write([]byte{1, 2, 3})
	far.Close()
	if err := <-s.closed; err != io.EOF {
		t.Errorf("closed with %v", err)
	}
}

// What has gone wrong in a pause is told behind it.
func TestResetInPause(t *testing.T) {
	near, far := tcpPair(t)
	s := &patientSink{sink: newSink(), pause: 20 * time.Millisecond}
	arrived := make(chan bool, 100)
	s.received = func(b []byte) int {
		arrived <- true
		return len(b)
	}
	asked := make(chan bool, 100)
	s.ask = func() { asked <- true }
	handler.NewConn(near, s)
	for range 4 {
		far.Write([]byte{1})
		<-arrived
	}
	<-asked
	far.(*net.TCPConn).SetLinger(0)
	far.Close()
	var op *net.OpError
	if err := <-s.closed; !errors.Is(err, syscall.ECONNRESET) || !errors.As(err, &op) {
		t.Errorf("closed with %v", err)
	}
}

// A socket that somebody makes a blocking one is read in a pause all the same.
func TestBlockingSocketInPause(t *testing.T) {
	near, far := tcpPair(t)
	f, err := near.(*net.TCPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := &patientSink{sink: newSink(), pause: time.Millisecond}
	arrived := make(chan bool, 100)
	s.received = func(b []byte) int {
		arrived <- true
		return len(b)
	}
	handler.NewConn(near, s)
	for range 20 {
		f.Fd()
		far.Write([]byte{1})
		select {
		case <-arrived:
		case <-time.After(10 * time.Second):
			t.Fatal("nothing arrives any more")
		}
	}
	far.Close()
	<-s.closed
}

// neverAsked reads n bytes ten times, and fails if the sink was asked whether it can wait.
func neverAsked(t *testing.T, near, far net.Conn, n int) {
	s := &patientSink{sink: newSink(), pause: time.Hour}
	arrived := make(chan bool, 100)
	s.received = func(b []byte) int {
		arrived <- true
		return len(b)
	}
	conn := handler.NewConn(near, s)
	for range 10 {
		far.Write(make([]byte, n))
		<-arrived
	}
	conn.Close()
	<-s.closed
	if n := s.asked.Load(); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

// A sender that fills a small receive buffer waits for the reader.
func TestSmallBuffersDoNotCoalesce(t *testing.T) {
	near, far := tcpPair(t)
	near.(*net.TCPConn).SetReadBuffer(8 << 10) // of which the system makes twice as much
	neverAsked(t, near, far, 4<<10-1)          // little, of a buffer of the usual size
}

// A Unix socket is full with some hundred replies, however short.
func TestUnixSocketsDoNotCoalesce(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	far, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	near, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	neverAsked(t, near, far, 1)
}

// Behind four reads in a row that have brought little, a sink may have the next one wait.
func TestReadsCoalesce(t *testing.T) {
	const pause = 30 * time.Millisecond
	near, far := tcpPair(t)
	s := &patientSink{sink: newSink(), pause: pause}
	total, got := 0, make(chan int, 10_000)
	small := 0 // reads in a row
	s.received = func(b []byte) int {
		if small++; len(b) >= 16<<10 {
			small = 0
		}
		total += len(b)
		got <- total
		return len(b)
	}
	s.ask = func() {
		if small < 4 {
			t.Errorf("asked behind %d small reads", small)
		}
	}
	conn := handler.NewConn(near, s)
	sent := 0
	send := func(n int) (took time.Duration) {
		begun := time.Now()
		far.Write(make([]byte, n))
		for sent += n; <-got < sent; {
		}
		return time.Since(begun)
	}
	for range 5 {
		send(1)
	}
	if took := send(1); took < pause/2 { // the reader waits since the one before it
		t.Errorf("read after %v", took)
	}
	for range 3 {
		send(1 << 20)
		send(1)
		send(1)
	}
	conn.Close()
	<-s.closed
	if n := s.asked.Load(); n < 2 {
		t.Errorf("asked %d times", n)
	}
}

// A reply that is longer than the read buffer is read at once, not piece by piece with a pause behind each.
func TestLongRepliesDoNotCoalesce(t *testing.T) {
	const long = 15 << 10
	near, far := tcpPair(t)
	s := &patientSink{sink: newSink(), pause: time.Millisecond}
	got := make(chan int, 10_000)
	last, filled := 0, 0
	s.received = func(b []byte) (used int) {
		if last = len(b); last == 4<<10 || last == 8<<10 { // the buffer's size
			filled++
		}
		got <- last
		if last == 1 || last == long {
			return last
		}
		return 0
	}
	s.ask = func() {
		if last == 4<<10 || last == 8<<10 {
			t.Errorf("asked when %d bytes had come", last)
		}
	}
	conn := handler.NewConn(near, s)
	for range 5 {
		far.Write([]byte{1})
		<-got
	}
	far.Write(make([]byte, long))
	for <-got < long {
	}
	conn.Close()
	<-s.closed
	if filled != 2 || s.asked.Load() == 0 {
		t.Errorf("filled the buffer %d times, asked %d times", filled, s.asked.Load())
	}
}
