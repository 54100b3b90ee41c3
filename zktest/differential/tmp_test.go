package differential

import (
	"fmt"
	"os"
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire"
	"github.com/gazoo-go/gazoo/internal/wire/proto"
)

func TestTmpScript(t *testing.T) {
	if os.Getenv("TMPS") == "" {
		t.Skip()
	}
	forVersions(t, func(t *testing.T) {
		real := startJava(t, 1)
		c := newContest(real, real.version)
		do := func(slot int, op wire.Op, r wire.Record) step { return step{Slot: slot, Requests: []request{{Op: op, Record: r}}} }
		for i, sc := range []script{
			{do(0, wire.OpExists, &proto.ExistsRequest{Path: "~/a", Watch: true}), do(1, wire.OpCheckWatches, &proto.CheckWatchesRequest{Path: "~/a", Type: 2})},
			{do(0, wire.OpExists, &proto.ExistsRequest{Path: "~/a", Watch: true}), do(1, wire.OpCheckWatches, &proto.CheckWatchesRequest{Path: "~/a", Type: 3})},
			{do(0, wire.OpGetChildren, &proto.GetChildrenRequest{Path: "~", Watch: true}), do(1, wire.OpCheckWatches, &proto.CheckWatchesRequest{Path: "~", Type: 1})},
			{do(0, wire.OpExists, &proto.ExistsRequest{Path: "", Watch: true}), do(0, wire.OpCheckWatches, &proto.CheckWatchesRequest{Path: "", Type: 2})},
			{do(0, wire.OpAddWatch, &proto.AddWatchRequest{Path: "~/a", Mode: 1}), do(0, wire.OpCheckWatches, &proto.CheckWatchesRequest{Path: "~/a/b", Type: 2})},
			{do(0, wire.OpAddWatch, &proto.AddWatchRequest{Path: "~/a", Mode: 1}), do(1, wire.OpCheckWatches, &proto.CheckWatchesRequest{Path: "~/a", Type: 2})},
			{do(0, wire.OpAddWatch, &proto.AddWatchRequest{Path: "~/a", Mode: 0}), do(1, wire.OpCheckWatches, &proto.CheckWatchesRequest{Path: "~/a", Type: 2})},
		} {
			c.played++
			r, err := play(c.real, 1, fmt.Sprintf("/x%d", i), sc, c.coverage)
			if err != nil {
				t.Fatal(err)
			}
			k, _ := play(c.core, 1, fmt.Sprintf("/x%d", i), sc, c.coverage)
			last := r.Steps[len(sc)-1]
			lastk := k.Steps[len(sc)-1]
			fmt.Println(sc[len(sc)-2], "|", sc[len(sc)-1], "real:", last[len(last)-1].Code, "core:", lastk[len(lastk)-1].Code)
		}
	})
}
