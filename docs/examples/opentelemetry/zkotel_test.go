package zkotel_test

import (
	"context"
	"errors"
	"testing"
	"time"

	zkotel "github.com/gazoo-go/gazoo/docs/examples/opentelemetry"
	"github.com/gazoo-go/gazoo/zk"
	"github.com/gazoo-go/gazoo/zktest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

func TestSpans(t *testing.T) {
	recorder := tracetest.NewSpanRecorder()
	provider := sdk.NewTracerProvider(sdk.WithSpanProcessor(recorder))
	cl := zktest.NewServer(t).Client(t, zk.WithHooks(zkotel.New(provider)))

	ctx, parent := provider.Tracer("test").Start(context.Background(), "parent")
	if err := cl.Create(ctx, "/a", make([]byte, 1000)).WaitErr(); err != nil {
		t.Fatal(err)
	}
	if err := cl.Get(ctx, "/no").WaitErr(); !errors.Is(err, zk.ErrNoNode) {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); len(recorder.Ended()) < 2; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d spans have ended", len(recorder.Ended()))
		}
	}
	for i, want := range []struct {
		name, path string
		status     codes.Code
	}{{"zookeeper create", "/a", codes.Unset}, {"zookeeper getData", "/no", codes.Error}} {
		span := recorder.Ended()[i]
		attributes := map[attribute.Key]attribute.Value{}
		for _, a := range span.Attributes() {
			attributes[a.Key] = a.Value
		}
		if span.Name() != want.name || span.SpanKind() != trace.SpanKindClient || span.Status().Code != want.status {
			t.Errorf("span %q, %v, %v", span.Name(), span.SpanKind(), span.Status())
		}
		if got := attributes["zookeeper.path"].AsString(); got != want.path {
			t.Errorf("%s: path %q", want.name, got)
		}
		if span.Parent().SpanID() != parent.SpanContext().SpanID() {
			t.Errorf("%s has another parent", want.name)
		}
		if d := span.EndTime().Sub(span.StartTime()); d <= 0 || d > time.Minute {
			t.Errorf("%s took %v", want.name, d)
		}
		if size := attributes["zookeeper.request.size"].AsInt64(); size < 12 || i == 0 && size < 1000 {
			t.Errorf("%s has %d bytes", want.name, size)
		}
	}
}
