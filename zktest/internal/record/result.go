package record

import (
	"fmt"
	"strings"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// maxNames is how many children are listed by name in a label.
const maxNames = 3

// result is what a successful reply says, in a few words, and all of it.
func result(op wire.Op, body []byte) (words, detail string) {
	rec := op.NewResponse()
	if rec == nil || wire.Decode(body, rec) != nil {
		return "", ""
	}
	detail = describe(rec)
	switch v := rec.(type) {
	case interface{ GetPath() string }:
		if op != wire.OpSync {
			words = short(v.GetPath())
		}
	case interface{ GetChildren() []string }:
		names := v.GetChildren()
		if len(names) > maxNames {
			return fmt.Sprintf("%d children", len(names)), detail
		}
		var shortened []string
		for _, name := range names {
			shortened = append(shortened, short(name))
		}
		words = "[" + strings.Join(shortened, " ") + "]"
	}
	return words, detail
}
