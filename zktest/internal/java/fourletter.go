package java

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// ErrNotServing is what Mode returns of a server that answers but does not serve: it looks for a leader.
var ErrNotServing = errors.New("not serving")

// answerLimit is what one four-letter word may take; a paused server would take forever.
const answerLimit = 3 * time.Second

// FourLetter sends one of ZooKeeper's four-letter words to the client port at addr and returns the answer, of at most
// 4 MiB. It takes at most 3 s.
func FourLetter(ctx context.Context, addr, word string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", fmt.Errorf("%s: %w", word, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	if _, err = io.WriteString(conn, word); err != nil {
		return "", fmt.Errorf("%s: %w", word, err)
	}
	answer, err := io.ReadAll(io.LimitReader(conn, 4<<20))
	if err != nil {
		return string(answer), fmt.Errorf("%s: %w", word, err)
	}
	return string(answer), nil
}

// FourLetter asks the server itself, past its proxy.
func (s *Server) FourLetter(ctx context.Context, word string) (string, error) {
	return FourLetter(ctx, s.DirectAddr(), word)
}

// Mode is what the server says it is: "standalone", "leader", "follower", "observer" or "read-only".
// ErrNotServing when it says that it is none. It takes at most 3 s.
func (s *Server) Mode(ctx context.Context) (string, error) { return s.srvr(ctx, "Mode") }

// Zxid is the last transaction that the server has applied, as it prints it: "0x100000002".
func (s *Server) Zxid(ctx context.Context) (string, error) { return s.srvr(ctx, "Zxid") }

func (s *Server) srvr(ctx context.Context, field string) (string, error) {
	answer, err := s.FourLetter(ctx, "srvr")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(answer) {
		if value, ok := strings.CutPrefix(line, field+": "); ok {
			return strings.TrimSpace(value), nil
		}
	}
	return "", fmt.Errorf("zookeeper %d: %w: %q", s.id, ErrNotServing, answer)
}
