package recipes

// An Option configures a recipe.
type Option func(*options)

type options struct {
	identifier     string
	suspendedLoses bool
}

// WithIdentifier sets the data of contenders' nodes: who they are, for people who look. Default: empty.
func WithIdentifier(id string) Option { return func(o *options) { o.identifier = id } }

// LostOnSuspended ends a Held as soon as the connection is lost, although the session may live. It
// trades availability for a little caution; the default waits for the proof of section "Ownership" in
// [Held] to run out.
func LostOnSuspended() Option { return func(o *options) { o.suspendedLoses = true } }

func gather(opts []Option) options {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	return o
}
