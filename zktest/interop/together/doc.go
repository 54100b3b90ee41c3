// Package together tests recipes whose members are clients of gazoo and of Kazoo, on one path of a real ZooKeeper: whatever one
// of them does, the others have to see it as one of their own. (Who takes turns is in turns.)
//
// All clients reach the server through proxies. Those of gazoo are cut again and again. Those of Kazoo are cut only when it
// can bear it: its barriers wait for ever once the connection was lost, its counter adds twice and its queue loses an
// item when the answer is, and a lease gives up.
package together
