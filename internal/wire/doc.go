// Package wire holds the bytes of the ZooKeeper client protocol, for both ends of a connection.
//
// The rules of the package:
//
//   - Records are generated from zookeeper.jute into the packages data and proto; nobody edits the output.
//     What jute cannot say (an optional trailing byte, the framing of multi) is written by hand here, around a record.
//   - Nothing here waits, logs, reads a clock or touches a socket. Bytes in, values out, and the reverse.
//   - Bytes from the network never cause a panic. A decoder allocates only for bytes that have arrived:
//     a length is compared with what remains before anything is made for it, so that decoding costs at most a small
//     constant times the length of the frame, whatever the frame claims. [Decoder] states the constant.
//   - Null and empty stay apart where Go can tell them apart: a nil slice is null (-1), an empty one has length 0.
//     A Go string has no null: a null ustring is read as "", and "" is written with length 0.
//   - Errors are values of this package: [DecodeError], [FrameError], [PathError], or a [Code] that a server sent.
//   - A number that nobody knows (code, opcode, event type) is kept and printed as a number; it is no decoding error.
package wire
