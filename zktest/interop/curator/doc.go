// Package curator tests that gazoo, with recipes.CuratorNames, and Curator share one path of a real ZooKeeper: pair by pair,
// they wait for each other; and while connections are cut they take turns at locks, read-write locks and elections (package
// game says how), wait at one barrier, and add to one counter.
//
// Curator's side is a Java program, in testdata. It needs Maven, which fetches Curator, and a JDK.
package curator
