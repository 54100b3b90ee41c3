package server

import (
	"bytes"
	"strings"
	"sync"
)

// A Log is what a process writes; it can be read at any time. The zero Log is ready to use.
type Log struct {
	// OnLine, if set, is called with each line.
	OnLine func(string)

	mu   sync.Mutex // guards what follows
	text bytes.Buffer
	line []byte // the last one, as long as it is incomplete
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	if l.OnLine == nil {
		return len(p), nil
	}
	l.line = append(l.line, p...)
	for {
		line, rest, ok := bytes.Cut(l.line, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		l.OnLine(strings.TrimRight(string(line), "\r"))
		l.line = rest
	}
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
