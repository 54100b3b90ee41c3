package future

// Future is documented.
type Future[T any] struct{ Field T }

func (*Future[T]) Wait() {} // want `exported Future.Wait has no comment`

func (*Future[T]) String() string { return "" }

func (*Future[T]) quiet() {}

//go:noinline
func (f Future[T]) Directive() {} // want `exported Future.Directive has no comment`

type Task interface{ Run() } // Task is documented at the end of its line.

type Bare /* want `exported Bare has no comment` */ int

// These are two.
type (
	// One is documented.
	One int
	Two/* want `exported Two has no comment` */ int
)

type hidden int

func (hidden) Shown() {}

func Value() {} // want `exported Value has no comment`

// Then is documented.
func Then() {}

// Errors of this package.
const (
	ErrA = 1
	ErrB = 2
)

const (
	ErrC = /* want `exported ErrC has no comment` */ 3
	// ErrD is documented.
	ErrD = 4
	errE = 5
)

var X, y = 1, 2 // X is documented at the end of its line.
