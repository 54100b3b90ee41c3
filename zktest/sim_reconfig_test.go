package zktest_test

import (
	"testing"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/gazoo-go/gazoo/zktest/core"
)

// TestSimReconfig is what a client promises while servers leave the ensemble and come back, lose their votes and get them
// again. Who watches the configuration is told.
func TestSimReconfig(t *testing.T) {
	zktest.Check(t, func(s *zktest.Sim) {
		ens := s.Ensemble(5, func(c *core.Config) { c.FirstSequence, c.Reconfig, c.SkipACL = 0, true, true })
		var config zk.Config // the newest that was acknowledged
		var known int64      // the version that the watcher has read last
		changed := 0
		s.Process("operator", func(p *zktest.Process) {
			cl, ctx := p.Connect(ens), p.Context()
			first, err := cl.GetConfig(ctx).Wait()
			for ; err != nil && ctx.Err() == nil; first, err = cl.GetConfig(ctx).Wait() {
			}
			for ctx.Err() == nil && s.Now() < 30*time.Second {
				p.Sleep(p.Between(0, 3*time.Second))
				if len(first.Members) == 0 {
					continue
				}
				m := first.Members[p.Rand().IntN(len(first.Members))]
				change := zk.Reconfiguration{Joining: []zk.Member{m}}
				switch p.Rand().IntN(3) {
				case 0:
					change = zk.Reconfiguration{Leaving: []int64{m.ID}}
				case 1:
					change.Joining[0].Observer = true
				}
				if cfg, err := cl.Reconfig(ctx, change, zk.AnyConfig).Wait(); err == nil {
					if cfg.Version <= config.Version {
						s.Errorf("version %#x of the configuration, behind %#x", cfg.Version, config.Version)
					}
					config = cfg
					changed++
				}
			}
		})
		watcher := s.Process("watcher", func(p *zktest.Process) {
			cl, ctx := p.Connect(ens), p.Context()
			last := zk.Config{}
			for ctx.Err() == nil {
				w, err := cl.GetConfigAndWatch(ctx).Wait()
				if err != nil {
					p.Sleep(100 * time.Millisecond)
					continue
				}
				if w.Value.Version < last.Version {
					s.Errorf("version %#x of the configuration, behind %#x", w.Value.Version, last.Version)
				}
				last = w.Value
				known = last.Version
				_, _ = w.Changed.WaitContext(ctx)
			}
		})
		everything(s, ens, zktest.Swarm(), nil)
		s.Eventually(5*time.Minute, "who watches the configuration is told", func() bool { return watcher.Done() || known >= config.Version })
		s.Sometimes("the members change", changed > 1)
	})
}
