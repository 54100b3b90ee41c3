package mark

// One function for each digit: only their addresses tell them apart, so none may be inlined.

//go:noinline
func d0(rest uint32, left int, fn func()) { step(rest, left, fn) }

//go:noinline
func d1(rest uint32, left int, fn func()) { step(rest, left, fn) }

//go:noinline
func d2(rest uint32, left int, fn func()) { step(rest, left, fn) }

//go:noinline
func d3(rest uint32, left int, fn func()) { step(rest, left, fn) }

//go:noinline
func d4(rest uint32, left int, fn func()) { step(rest, left, fn) }

//go:noinline
func d5(rest uint32, left int, fn func()) { step(rest, left, fn) }

//go:noinline
func d6(rest uint32, left int, fn func()) { step(rest, left, fn) }

//go:noinline
func d7(rest uint32, left int, fn func()) { step(rest, left, fn) }

//go:noinline
func d8(rest uint32, left int, fn func()) { step(rest, left, fn) }

//go:noinline
func d9(rest uint32, left int, fn func()) { step(rest, left, fn) }

//go:noinline
func dA(rest uint32, left int, fn func()) { step(rest, left, fn) }

//go:noinline
func dB(rest uint32, left int, fn func()) { step(rest, left, fn) }

//go:noinline
func dC(rest uint32, left int, fn func()) { step(rest, left, fn) }

//go:noinline
func dD(rest uint32, left int, fn func()) { step(rest, left, fn) }

//go:noinline
func dE(rest uint32, left int, fn func()) { step(rest, left, fn) }

//go:noinline
func dF(rest uint32, left int, fn func()) { step(rest, left, fn) }
