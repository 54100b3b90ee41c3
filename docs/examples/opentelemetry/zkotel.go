// Package zkotel shows how the operations of a gazoo client are traced with OpenTelemetry: copy it and change it.
//
//	cl, err := zk.Connect(ctx, servers, zk.WithHooks(zkotel.New(otel.GetTracerProvider())))
package zkotel

import (
	"context"
	"time"

	"github.com/gazoo-go/gazoo/zk"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Tracer is a zk.Hook that makes a span of each operation, as a child of the span in the operation's ctx.
type Tracer struct{ tracer trace.Tracer }

// New returns a hook whose spans go to p.
func New(p trace.TracerProvider) *Tracer {
	return &Tracer{p.Tracer("github.com/gazoo-go/gazoo/docs/examples/opentelemetry")}
}

// begun is the key of the time when an operation began.
type begun struct{}

// OnOpStart begins the span, on the goroutine that calls the operation.
func (t *Tracer) OnOpStart(ctx context.Context, op zk.OpInfo) context.Context {
	now := time.Now()
	ctx, _ = t.tracer.Start(ctx, "zookeeper "+op.Op, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(now),
		trace.WithAttributes(
			attribute.String("db.system.name", "zookeeper"),
			attribute.String("db.operation.name", op.Op),
			attribute.String("zookeeper.path", op.Path), // leave it out if paths are secrets
		))
	return context.WithValue(ctx, begun{}, now)
}

// OnOpEnd ends it. It runs some time after the operation has ended, so it says when that was.
func (t *Tracer) OnOpEnd(ctx context.Context, _ zk.OpInfo, end zk.OpEnd) {
	span := trace.SpanFromContext(ctx)
	span.SetAttributes(
		attribute.Int("zookeeper.request.size", end.BytesSent),
		attribute.Int("zookeeper.reply.size", end.BytesReceived),
	)
	if end.Err != nil {
		span.SetStatus(codes.Error, end.Err.Error())
		span.SetAttributes(attribute.Bool("zookeeper.maybe_applied", zk.MaybeApplied(end.Err)))
	}
	options := []trace.SpanEndOption{}
	if at, ok := ctx.Value(begun{}).(time.Time); ok {
		options = append(options, trace.WithTimestamp(at.Add(end.Latency)))
	}
	span.End(options...)
}
