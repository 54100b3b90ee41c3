//go:build gc && (amd64 || arm64)

package gid

// ID identifies the calling goroutine among those that are alive. It is never zero.
func ID() uintptr
