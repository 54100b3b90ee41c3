// Package record watches a simulated world and remembers what a picture of it needs.
//
// # Rules
//
//   - A recorder only looks: it dispatches nothing, draws nothing and keeps no bytes that are not its own, so that a world is
//     the same with and without one.
//   - A nil *Recorder is one that records nothing; its methods may be called.
//   - Bytes are put together to frames per connection and direction, in the order in which they were sent, and again in
//     the order in which they arrived.
package record
