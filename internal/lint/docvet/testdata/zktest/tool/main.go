// Command tool has a comment.
package main

func Exported() {}

func main() {}
