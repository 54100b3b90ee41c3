package serve

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func pipe() (*Pipe, *Pipe) { return NewPipe(loopback(1), serverAddr) }

func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func TestPipeKeepsWhatWasWrittenBeforeClose(t *testing.T) {
	a, b := pipe()
	if n, err := a.Write([]byte("hello")); n != 5 || err != nil {
		t.Fatal(n, err)
	}
	a.Close()
	a.Close()
	got, err := io.ReadAll(b)
	if string(got) != "hello" || err != nil {
		t.Fatalf("got %q, %v", got, err)
	}
	_, err = b.Write([]byte("x"))
	wantErr(t, "write to a closed end", err, io.ErrClosedPipe)
	_, err = a.Write([]byte("x"))
	wantErr(t, "write on a closed end", err, net.ErrClosed)
	_, err = a.Read(make([]byte, 1))
	wantErr(t, "read on a closed end", err, net.ErrClosed)
}

func TestPipeCloseWriteLeavesTheOtherDirection(t *testing.T) {
	a, b := pipe()
	a.CloseWrite()
	if _, err := b.Read(make([]byte, 1)); err != io.EOF {
		t.Fatal(err)
	}
	b.Write([]byte("bye"))
	b.Close()
	if got, _ := io.ReadAll(a); string(got) != "bye" {
		t.Fatalf("got %q", got)
	}
}

func TestPipeWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe()
		big := bytes.Repeat([]byte("x"), 3*pipeSize)
		done := make(chan error, 1)
		go func() {
			_, err := a.Write(big)
			done <- err
		}()
		synctest.Wait()
		select {
		case <-done:
			t.Fatal("write of three pipes did not wait")
		default:
		}
		got := make([]byte, len(big))
		if _, err := io.ReadFull(b, got); err != nil || !bytes.Equal(got, big) {
			t.Fatal("lost bytes", err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

func TestPipeDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe()
		start := time.Now()
		a.SetDeadline(start.Add(time.Second))
		_, err := a.Read(make([]byte, 1))
		wantErr(t, "read", err, os.ErrDeadlineExceeded)
		if d := time.Since(start); d != time.Second {
			t.Errorf("read ended after %v", d)
		}
		_, err = a.Write([]byte("x"))
		wantErr(t, "write", err, os.ErrDeadlineExceeded)

		a.SetDeadline(time.Now().Add(time.Second))
		a.SetDeadline(time.Time{})
		time.Sleep(2 * time.Second)
		if _, err := a.Write([]byte("x")); err != nil {
			t.Error("a deadline that was taken back passed", err)
		}
		if n, err := b.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Error(n, err)
		}
		b.SetReadDeadline(time.Unix(1, 0))
		_, err = b.Read(make([]byte, 1))
		wantErr(t, "read with a deadline in the past", err, os.ErrDeadlineExceeded)

		// A deadline set while a read waits ends the read.
		b.SetReadDeadline(time.Time{})
		time.AfterFunc(time.Second, func() { b.SetReadDeadline(time.Unix(1, 0)) })
		_, err = b.Read(make([]byte, 1))
		wantErr(t, "read interrupted", err, os.ErrDeadlineExceeded)
	})
}

func TestPipeCloseEndsWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe()
		a.Write(make([]byte, pipeSize))
		errs := make(chan error, 2)
		go func() { _, err := a.Write([]byte("x")); errs <- err }()
		go func() { _, err := a.Read(make([]byte, 1)); errs <- err }()
		synctest.Wait()
		a.Close()
		wantErr(t, "first", <-errs, net.ErrClosed)
		wantErr(t, "second", <-errs, net.ErrClosed)
		b.Close()
	})
}
