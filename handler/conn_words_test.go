package handler_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gazoo-go/gazoo/handler"
)

// mute is a connection that cannot be written to.
type mute struct{ net.Conn }

var errMute = errors.New("cannot be written to")

func (mute) Write([]byte) (int, error) { return 0, errMute }

// A peer that refuses a connection closes it, and says why: whoever writes must still get to know that.
func TestWhatAPeerSaidBeforeAWriteFailed(t *testing.T) {
	for _, tt := range []struct {
		name string
		peer func(t *testing.T, c handler.Conn, far net.Conn)
		got  string
		want error
	}{
		{"it said something and closed", func(t *testing.T, _ handler.Conn, far net.Conn) {
			if _, err := io.WriteString(far, "no, because"); err != nil {
				t.Error(err)
			}
			far.Close()
		}, "no, because", io.EOF},
		{"it says nothing", func(*testing.T, handler.Conn, net.Conn) {}, "", errMute},
		{"ours was closed meanwhile", func(_ *testing.T, c handler.Conn, _ net.Conn) { c.Close() }, "", net.ErrClosed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				defer far.Close()
				s := newSink()
				var got []byte
				s.received = func(b []byte) int { got = append(got, b...); return len(b) }
				s.pull = func(buf []byte) []byte { return append(buf, "hello?"...) }
				c := handler.NewConn(mute{near}, s)
				c.Wake()
				synctest.Wait() // the write has failed
				tt.peer(t, c, far)
				if err := <-s.closed; !errors.Is(err, tt.want) || string(got) != tt.got {
					t.Errorf("got %q, closed with %v", got, err)
				}
			})
		})
	}
}

// Where a read cannot be bounded, a write that fails is the end.
func TestWriteFailsAndReadsHaveNoDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		s := newSink()
		s.pull = func(buf []byte) []byte { return append(buf, "hello?"...) }
		handler.NewConn(timeless{mute{near}}, s).Wake()
		if err := <-s.closed; !errors.Is(err, errMute) {
			t.Errorf("closed with %v", err)
		}
	})
}

// timeless is a connection without deadlines.
type timeless struct{ mute }

func (timeless) SetReadDeadline(time.Time) error { return errors.ErrUnsupported }
