package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gazoo-go/gazoo/zktest/core"
)

// logName is the file in dataDir that has all transactions, one a line, in JSON. It is synced as the system likes: it
// outlives the process, however that ends, but not the machine.
const logName = "zkserver.transactions"

// A journal is that file, open for more.
type journal struct {
	f   *os.File
	err error // of the first write that failed
}

// openJournal opens the journal in a directory, which it makes if need be, and returns what is in it. The last line may have
// been cut off by the end of the process; it was never acknowledged, and goes.
func openJournal(dir string) (*journal, []*core.Txn, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, nil, err
	}
	path := filepath.Join(dir, logName)
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	var log []*core.Txn
	whole := bytes.LastIndexByte(text, '\n') + 1
	for line := range bytes.Lines(text[:whole]) {
		t := new(core.Txn)
		if err := json.Unmarshal(line, t); err != nil {
			return nil, nil, fmt.Errorf("%s:%d: %w", path, len(log)+1, err)
		}
		log = append(log, t)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, nil, err
	}
	if _, err = f.Seek(int64(whole), io.SeekStart); err == nil {
		err = f.Truncate(int64(whole))
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return &journal{f: f}, log, nil
}

// write is an OnCommit.
func (j *journal) write(t *core.Txn) {
	line, err := json.Marshal(t)
	if err == nil {
		_, err = j.f.Write(append(line, '\n'))
	}
	if j.err == nil {
		j.err = err
	}
}

func (j *journal) close() error { return errors.Join(j.err, j.f.Close()) }
