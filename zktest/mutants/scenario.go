package mutants

// scenario are bugs of the program that uses the lock, not of the client.
var scenario = []Mutant{}
