package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
)

// The canned server answers at once and does nothing: every read brings many requests, whose replies go out in one
// write. It keeps no tree. What it says depends on the operation only; every getData gets the same 100 bytes.

// Reads of these paths do something to the connection.
const (
	silentPath = "/bench/silent" // is never answered
	cutPath    = "/bench/cut"    // ends it
	firePath   = "/bench/fire"   // fires all its watches, before the answer
)

const (
	opExists      = 3
	opGetData     = 4
	opPing        = 11
	opClose       = -11
	headerLen     = 16
	statLen       = 68
	welcomeLen    = 37
	sessionID     = 0x1234
	cannedZxid    = 42
	cannedBuffers = 256 << 10
)

// cannedMain serves until its input ends, on an address that it prints.
func cannedMain() error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(ln.Addr())
	go func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer nc.Close()
				canned(nc) // its error is the end of the connection
			}()
		}
	}()
	_, err = io.Copy(io.Discard, bufio.NewReader(os.Stdin))
	return err
}

// dataReply is the reply to a getData, without its xid.
func dataReply() []byte {
	b := make([]byte, 4+headerLen+4+valueLen+statLen)
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	binary.BigEndian.PutUint64(b[8:], cannedZxid)
	binary.BigEndian.PutUint32(b[20:], valueLen)
	for i := range valueLen {
		b[24+i] = byte('a' + i%26)
	}
	return b
}

// welcome answers a client's first frame.
func welcome(r io.Reader, w io.Writer) error {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return err
	}
	hello := make([]byte, binary.BigEndian.Uint32(length[:])&0xffff)
	if _, err := io.ReadFull(r, hello); err != nil {
		return err
	}
	b := make([]byte, 4+welcomeLen)
	binary.BigEndian.PutUint32(b, welcomeLen)
	copy(b[8:12], hello[12:]) // the timeout that it asks for
	binary.BigEndian.PutUint64(b[12:], sessionID)
	binary.BigEndian.PutUint32(b[20:], 16)
	_, err := w.Write(b)
	return err
}

func canned(nc net.Conn) error {
	if err := welcome(nc, nc); err != nil {
		return err
	}
	data := dataReply()
	in, have := make([]byte, cannedBuffers), 0
	var out []byte
	var watches []string
	for {
		n, err := nc.Read(in[have:])
		if err != nil {
			return err
		}
		have += n
		at := 0
		out = out[:0]
		for have-at >= 4 {
			length := int(binary.BigEndian.Uint32(in[at:]))
			if have-at-4 < length {
				break
			}
			request := in[at+4 : at+4+length]
			at += 4 + length
			if watch := watchedPath(request); watch != nil && (len(watches) == 0 || string(watch) != watches[len(watches)-1]) {
				watches = append(watches, string(watch))
			}
			switch readPath(request) {
			case silentPath:
				continue
			case cutPath:
				return nil
			case firePath:
				if len(out) > 0 {
					if _, err := nc.Write(out); err != nil {
						return err
					}
				}
				out = out[:0]
				for _, path := range watches {
					out = appendEvent(out, path)
				}
				watches = nil
			}
			start := len(out)
			switch int32(binary.BigEndian.Uint32(request[4:])) {
			case opGetData:
				out = append(out, data...)
			case opExists:
				out = appendHeader(out, statLen)
			default:
				out = appendHeader(out, 0)
			}
			copy(out[start+4:start+8], request[:4])
		}
		have = copy(in, in[at:have])
		if len(out) > 0 {
			if _, err := nc.Write(out); err != nil {
				return err
			}
		}
	}
}

// appendHeader appends a reply's length, its header without xid, and a body of zeros.
func appendHeader(out []byte, body int) []byte {
	start := len(out)
	out = append(out, make([]byte, 4+headerLen+body)...)
	binary.BigEndian.PutUint32(out[start:], uint32(headerLen+body))
	binary.BigEndian.PutUint64(out[start+8:], cannedZxid)
	return out
}

// readPath returns the path of a getData without a watch, "" if it is another request.
func readPath(request []byte) string {
	if len(request) < 13 || binary.BigEndian.Uint32(request[4:]) != opGetData {
		return ""
	}
	switch path := request[12 : len(request)-1]; string(path) { // no allocation
	case silentPath:
		return silentPath
	case cutPath:
		return cutPath
	case firePath:
		return firePath
	}
	return ""
}

// watchedPath returns the path of an exists with a watch, nil if it is another request.
func watchedPath(request []byte) []byte {
	if len(request) < 13 || binary.BigEndian.Uint32(request[4:]) != opExists || request[len(request)-1] == 0 {
		return nil
	}
	return request[12 : len(request)-1]
}

// appendEvent appends the event that the data of a node has changed.
func appendEvent(out []byte, path string) []byte {
	const dataChanged, connected = 3, 3
	out = binary.BigEndian.AppendUint32(out, uint32(headerLen+4+4+4+len(path)))
	out = binary.BigEndian.AppendUint32(out, 0xffffffff) // xid -1
	out = binary.BigEndian.AppendUint64(out, 0xffffffffffffffff)
	out = binary.BigEndian.AppendUint32(out, 0)
	out = binary.BigEndian.AppendUint32(out, dataChanged)
	out = binary.BigEndian.AppendUint32(out, connected)
	out = binary.BigEndian.AppendUint32(out, uint32(len(path)))
	return append(out, path...)
}
