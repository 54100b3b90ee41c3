package zktest_test

import (
	"testing"
	"testing/synctest"

	"github.com/gazoo-go/gazoo/zktest"
	"go.uber.org/goleak"
)

// A test may make as many servers as it likes: nothing is left of one that is closed, however it was used.
func TestTenThousandServers(t *testing.T) {
	const n = 10_000
	use := func(t *testing.T, each func(i int, srv *zktest.Server)) {
		for i := range n {
			srv := zktest.Start()
			dialOnce(t, srv)
			each(i, srv)
			shut(t, srv)
		}
	}
	t.Run("TCP", func(t *testing.T) {
		defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
		use(t, func(i int, srv *zktest.Server) {
			if i%10 == 0 {
				dialTCPOnce(t, srv)
			}
		})
	})
	// A bubble ends, and the test fails, if a goroutine is left in it.
	t.Run("bubble", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			use(t, func(i int, srv *zktest.Server) {
				if i%10 == 0 {
					clientOnce(t, srv)
				}
			})
		})
	})
}
