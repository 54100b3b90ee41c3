package wire

import (
	"errors"
	"strings"
)

// Four-letter words are asked of a server in place of a handshake: four bytes, answered with text up to the end of the
// connection.

// Refusals of four-letter words, which come as text.
var (
	ErrNotWhitelisted = errors.New("not on the server's list of four-letter words (4lw.commands.whitelist)")
	ErrNotServing     = errors.New("server is not serving requests")
)

// IsFourLetterWord reports whether s looks like one. A server takes what it does not know for the length of a frame.
func IsFourLetterWord(s string) bool {
	if len(s) != 4 {
		return false
	}
	for _, c := range []byte(s) {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

// FourLetterError returns what a reply says in place of an answer, or nil.
func FourLetterError(word, reply string) error {
	switch {
	case strings.HasPrefix(reply, word+" is not executed because it is not in the whitelist."):
		return ErrNotWhitelisted
	case strings.HasPrefix(reply, "This ZooKeeper instance is not currently serving requests"):
		return ErrNotServing
	}
	return nil
}

// FourLetterVersion finds the server's version in the answer to srvr, stat or envi.
func FourLetterVersion(reply string) (v Version, ok bool) {
	for _, key := range []string{"Zookeeper version: ", "zookeeper.version="} {
		if text, found := fourLetterField(reply, key); found {
			return ParseVersion(text)
		}
	}
	return v, false
}

// fourLetterField returns what stands behind key in the line that begins with it.
func fourLetterField(reply, key string) (string, bool) {
	for line := range strings.Lines(reply) {
		if value, ok := strings.CutPrefix(line, key); ok {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}
