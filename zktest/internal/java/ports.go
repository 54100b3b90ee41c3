package java

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
)

// Ports of a server, as offsets into its block. Kazoo's harness has the same.
const (
	clientPort   = 0
	electionPort = 1
	quorumPort   = 2
	securePort   = 4
	guardPort    = 9
	blockSize    = 10
)

// Below the ports that kernels use for outgoing connections (from 32768 on Linux), so that no dial takes one of ours.
const lowestPort, highestPort = 20000, 32760

// A block is ten consecutive ports of 127.0.0.1 reserved for one server. Its guard port stays bound in this process, so
// ensembles of any process on the machine stay apart, and a block is free again the moment its owner dies.
type block struct {
	first int
	guard net.Listener
}

func (b block) addr(port int) string { return loopback(b.first + port) }

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// portOf returns the port of one of our addresses.
func portOf(addr string) string {
	_, port, _ := strings.Cut(addr, ":")
	return port
}

func (b block) release() { _ = b.guard.Close() }

// reserve returns n free blocks, at or above offset, or anywhere when that is 0.
func reserve(n, offset int) (blocks []block, err error) {
	first, last := offset, min(offset+100*blockSize, 65536)-blockSize
	if offset == 0 {
		places := (highestPort - lowestPort) / blockSize
		first = lowestPort + rand.IntN(places/2)*blockSize // upwards from anywhere in the lower half
		last = highestPort - blockSize
	}
	for ; first <= last && len(blocks) < n; first += blockSize {
		if b, ok := tryBlock(first); ok {
			blocks = append(blocks, b)
		}
	}
	if len(blocks) < n {
		for _, b := range blocks {
			b.release()
		}
		return nil, errors.New("no free ports")
	}
	return blocks, nil
}

func tryBlock(first int) (block, bool) {
	guard, err := net.Listen("tcp", loopback(first+guardPort))
	if err != nil {
		return block{}, false
	}
	for _, port := range []int{clientPort, electionPort, quorumPort, securePort} {
		probe, err := net.Listen("tcp", loopback(first+port))
		if err != nil {
			_ = guard.Close()
			return block{}, false
		}
		_ = probe.Close()
	}
	return block{first, guard}, true
}
