// Package turns tests that gazoo and Kazoo take turns: locks, read-write locks, semaphores and elections that clients of
// both share on one path of a real ZooKeeper, while their connections are cut. Package game says how.
package turns
