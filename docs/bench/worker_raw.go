package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
)

// raw is the least that a client can do: one goroutine, frames made by hand, all that fits into the window in one
// write, all that has come in one read, and of each reply the header.
func raw(j job) (outcome, error) {
	if j.kind != "callbacks" {
		return outcome{Skip: "a loop has a window and no calls"}, nil
	}
	nc, err := net.Dial("tcp", j.addr)
	if err != nil {
		return outcome{}, err
	}
	defer nc.Close()
	if err := rawConnect(nc); err != nil {
		return outcome{}, err
	}
	var stop atomic.Bool
	var done tally
	failed := make(chan error, 1)
	go func() { failed <- rawLoop(nc, j.n, &done, &stop) }()
	o := steady(j.duration(), done.n.Load)
	stop.Store(true)
	return o, <-failed
}

func rawConnect(nc net.Conn) error {
	const body = 45
	hello := make([]byte, 4+body) // protocol version 0, zxid 0, session 0
	binary.BigEndian.PutUint32(hello, body)
	binary.BigEndian.PutUint32(hello[4+4+8:], 30_000)
	binary.BigEndian.PutUint32(hello[4+4+8+4+8:], 16)
	if _, err := nc.Write(hello); err != nil {
		return err
	}
	welcome := make([]byte, 4+37)
	_, err := io.ReadFull(nc, welcome)
	return err
}

func rawLoop(nc net.Conn, window int, done *tally, stop *atomic.Bool) error {
	const size = 4 + 4 + 4 + 4 + len(path) + 1
	frame := make([]byte, size)
	binary.BigEndian.PutUint32(frame, uint32(size-4))
	binary.BigEndian.PutUint32(frame[8:], 4) // getData
	binary.BigEndian.PutUint32(frame[12:], uint32(len(path)))
	copy(frame[16:], path)
	var out []byte
	in, have := make([]byte, 256<<10), 0
	asked, answered := uint32(0), uint32(0)
	for {
		out = out[:0]
		if !stop.Load() {
			for asked-answered < uint32(window) {
				asked++
				binary.BigEndian.PutUint32(frame[4:], asked)
				out = append(out, frame...)
			}
		}
		if asked == answered {
			return nil
		}
		if len(out) > 0 {
			if _, err := nc.Write(out); err != nil {
				return err
			}
		}
		n, err := nc.Read(in[have:])
		if err != nil {
			return err
		}
		have += n
		at := 0
		before := answered
		for have-at >= 4 {
			length := int(binary.BigEndian.Uint32(in[at:]))
			if have-at-4 < length {
				break
			}
			if length < 16 || binary.BigEndian.Uint32(in[at+4:]) != answered+1 {
				return fmt.Errorf("a reply that does not belong here, after %d", answered)
			}
			if binary.BigEndian.Uint32(in[at+16:]) != 0 {
				return errors.New("the server refuses")
			}
			answered++
			at += 4 + length
		}
		done.n.Add(int64(answered - before))
		have = copy(in, in[at:have])
	}
}
