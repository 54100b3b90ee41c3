package wire

type Code int
