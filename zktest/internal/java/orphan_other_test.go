//go:build !linux

package java

const orphanVariable = "GAZOO_TEST_ORPHAN"

func orphan() {}
