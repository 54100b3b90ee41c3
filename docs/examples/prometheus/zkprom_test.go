package zkprom_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	zkprom "github.com/gazoo-go/gazoo/docs/examples/prometheus"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestMetrics(t *testing.T) {
	ctx := context.Background()
	srv := zktest.NewServer(t)
	metrics := zkprom.New("app")
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(metrics)
	cl := srv.Client(t, zk.WithHooks(metrics))
	metrics.Observe(cl)

	if err := cl.Create(ctx, "/a", make([]byte, 1000)).WaitErr(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := cl.Get(ctx, "/a").WaitErr(); err != nil {
			t.Fatal(err)
		}
	}
	if err := cl.Get(ctx, "/no").WaitErr(); !errors.Is(err, zk.ErrNoNode) {
		t.Fatal(err)
	}
	if _, err := cl.ExistsAndWatch(ctx, "/no").Wait(); err != nil {
		t.Fatal(err)
	}
	srv.Drop(cl.Session().ID)

	// Hooks run behind what they tell of.
	const want = `
# HELP zookeeper_client_reconnects_total Ends of outages.
# TYPE zookeeper_client_reconnects_total counter
zookeeper_client_reconnects_total{client="app",session="kept"} 1
# HELP zookeeper_client_state 1 for the state that the session is in.
# TYPE zookeeper_client_state gauge
zookeeper_client_state{client="app",state="CONNECTED"} 1
zookeeper_client_state{client="app",state="CONNECTING"} 0
zookeeper_client_state{client="app",state="LOST"} 0
zookeeper_client_state{client="app",state="SUSPENDED"} 0
# HELP zookeeper_client_watches Watches that are registered.
# TYPE zookeeper_client_watches gauge
zookeeper_client_watches{client="app"} 1
`
	names := []string{"zookeeper_client_reconnects_total", "zookeeper_client_state", "zookeeper_client_watches"}
	eventually(t, func() error { return testutil.GatherAndCompare(registry, strings.NewReader(want), names...) })

	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]uint64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			if h := m.GetHistogram(); h != nil {
				counts[strings.Join(labels, " ")] = h.GetSampleCount()
			}
			if f.GetName() == "zookeeper_client_operation_bytes_total" && m.GetCounter().GetValue() < 1000 {
				t.Errorf("%v: %v bytes", labels, m.GetCounter().GetValue())
			}
		}
	}
	for labels, n := range map[string]uint64{"app create OK": 1, "app getData OK": 3, "app getData NONODE": 1, "app exists OK": 1} {
		if counts[labels] != n {
			t.Errorf("%q: %d operations, want %d: %v", labels, counts[labels], n, counts)
		}
	}
}

func eventually(t *testing.T, check func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	t.Fatal(err)
}
