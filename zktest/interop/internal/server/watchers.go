package server

import "strings"

// Watchers counts the sessions that watch a node, in what a server answers to wchp: they are listed below its path.
func Watchers(wchp, path string) (n int) {
	listed := false
	for line := range strings.Lines(wchp) {
		if line[0] != '\t' {
			listed = strings.TrimSpace(line) == path
		} else if listed {
			n++
		}
	}
	return n
}
