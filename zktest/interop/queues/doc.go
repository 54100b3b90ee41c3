// Package queues tests that gazoo and Kazoo share one queue: what either puts is taken once, by either.
package queues
