// Package game has gazoo and another client take turns at a recipe on one path of a real ZooKeeper, while their connections
// are cut.
//
// What is tested is not what the clients believe. Who has his turn makes a node "inside", in one transaction with a check of
// the node by which he has it: so the server says who holds together with whom, and the zxids of these nodes are the order
// of the turns.
//
//	/contest…     the recipe's
//	/inside/<x|s>-<who>-<n>   ephemeral, while a turn lasts: x wants to be alone, s does not
//	/turns/<client>           its version counts the client's turns
//
// The other client is a process that does the same, and tells of it line by line, see [Child] and [Guest].
package game
