// Package future has a comment in one of its files.
package future
