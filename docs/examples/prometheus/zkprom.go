// Package zkprom shows how a gazoo client is measured with Prometheus: copy it and change it.
//
//	metrics := zkprom.New("app")
//	cl, err := zk.Connect(ctx, servers, zk.WithHooks(metrics))
//	metrics.Observe(cl)
//	prometheus.MustRegister(metrics)
package zkprom

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/prometheus/client_golang/prometheus"
)

// Metrics is a zk.Hook and a prometheus.Collector, of one client.
type Metrics struct {
	latency    *prometheus.HistogramVec // by operation and result; counts them, too
	bytes      *prometheus.CounterVec   // by direction
	state      *prometheus.GaugeVec     // 1 for the current one
	reconnects *prometheus.CounterVec   // by whether the session has survived
	gauges     []gauge
	client     atomic.Pointer[zk.Client]
}

// A gauge is read off the client's Stats when somebody asks.
type gauge struct {
	desc  *prometheus.Desc
	value func(zk.Stats) int
}

// New returns the metrics of a client, with a label that tells it from others.
func New(client string) *Metrics {
	labels := prometheus.Labels{"client": client}
	opts := func(name, help string) prometheus.Opts {
		return prometheus.Opts{Namespace: "zookeeper", Subsystem: "client", Name: name, Help: help, ConstLabels: labels}
	}
	level := func(name, help string, value func(zk.Stats) int) gauge {
		return gauge{prometheus.NewDesc("zookeeper_client_"+name, help, nil, labels), value}
	}
	return &Metrics{
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "zookeeper", Subsystem: "client", Name: "operation_seconds", Help: "How long operations took.",
			ConstLabels: labels, Buckets: prometheus.ExponentialBuckets(0.0005, 2, 15),
		}, []string{"op", "result"}),
		bytes:      prometheus.NewCounterVec(prometheus.CounterOpts(opts("operation_bytes_total", "Bytes of requests and replies.")), []string{"direction"}),
		state:      prometheus.NewGaugeVec(prometheus.GaugeOpts(opts("state", "1 for the state that the session is in.")), []string{"state"}),
		reconnects: prometheus.NewCounterVec(prometheus.CounterOpts(opts("reconnects_total", "Ends of outages.")), []string{"session"}),
		gauges: []gauge{
			level("in_flight", "Operations that are not complete.", func(s zk.Stats) int { return s.InFlight }),
			level("queued", "Requests that wait for a connection.", func(s zk.Stats) int { return s.Queued }),
			level("watches", "Watches that are registered.", func(s zk.Stats) int { return s.Watches }),
		},
	}
}

// Observe gives the metrics the client whose Stats they show.
func (m *Metrics) Observe(cl *zk.Client) { m.client.Store(cl) }

// OnOpEnd makes Metrics a zk.OpEndHook.
func (m *Metrics) OnOpEnd(_ context.Context, op zk.OpInfo, end zk.OpEnd) {
	m.latency.WithLabelValues(op.Op, result(end.Err)).Observe(end.Latency.Seconds())
	m.bytes.WithLabelValues("sent").Add(float64(end.BytesSent))
	m.bytes.WithLabelValues("received").Add(float64(end.BytesReceived))
}

// result is a label of few values: a code of ZooKeeper's, or what else went wrong. Never a path.
func result(err error) string {
	var code zk.Code
	switch {
	case err == nil:
		return "OK"
	case errors.As(err, &code):
		return code.String()
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "cancelled"
	}
	return "other"
}

// OnStateChange makes Metrics a zk.StateHook.
func (m *Metrics) OnStateChange(c zk.StateChange) {
	m.state.WithLabelValues(c.From.String()).Set(0)
	m.state.WithLabelValues(c.To.String()).Set(1)
}

// OnReconnect makes Metrics a zk.ReconnectHook.
func (m *Metrics) OnReconnect(r zk.Reconnect) {
	session := "kept"
	if r.SessionChanged {
		session = "new"
	}
	m.reconnects.WithLabelValues(session).Inc()
}

// Describe and Collect make Metrics a prometheus.Collector.

// Describe describes all metrics.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range []prometheus.Collector{m.latency, m.bytes, m.state, m.reconnects} {
		c.Describe(ch)
	}
	for _, g := range m.gauges {
		ch <- g.desc
	}
}

// Collect collects their values.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	for _, c := range []prometheus.Collector{m.latency, m.bytes, m.state, m.reconnects} {
		c.Collect(ch)
	}
	if cl := m.client.Load(); cl != nil {
		stats := cl.Stats()
		for _, g := range m.gauges {
			ch <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, float64(g.value(stats)))
		}
	}
}
