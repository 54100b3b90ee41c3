package zkvet

import (
	"go/ast"
	"go/token"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// The rules that an allow comment can lift.
const (
	ruleSelect   = "select"
	ruleMapRange = "maprange"
)

// advice ends the message of a rule that can be lifted.
var advice = map[string]string{
	ruleSelect: "of several ready cases the runtime picks one at random; wait in future.Block, " +
		"or say why not: //zkvet:allow select <reason>",
	ruleMapRange: "its order is random; sort the keys first, " +
		"or say why the order is harmless: //zkvet:allow maprange <reason>",
}

const directive = "//zkvet:"

// An allow lifts one rule for what stands on the line below it.
type allow struct {
	pos   token.Pos
	rule  string
	below int // the line after its comment group
	used  bool
}

// allows are those of one file.
type allows struct{ list []*allow }

// parseAllows reads the allow comments of a file and reports the malformed ones: a misspelt allow, or one without a
// reason, permits nothing and must not look as if it did.
func parseAllows(pass *analysis.Pass, file *ast.File) *allows {
	as := &allows{}
	for _, group := range file.Comments {
		for _, comment := range group.List {
			text, found := strings.CutPrefix(comment.Text, directive)
			if !found {
				continue
			}
			verb, text, _ := strings.Cut(text, " ")
			rule, reason, _ := strings.Cut(strings.TrimSpace(text), " ")
			reason, _, _ = strings.Cut(" "+reason, " //")
			switch {
			case verb != "allow":
				pass.Reportf(comment.Pos(), "unknown directive %s%s: there is only %sallow", directive, verb, directive)
			case advice[rule] == "":
				pass.Reportf(comment.Pos(), "no rule %q can be allowed: only select and maprange can", rule)
			case strings.TrimSpace(reason) == "":
				pass.Reportf(comment.Pos(), "allow %s without a reason", rule)
			default:
				below := pass.Fset.Position(group.End()).Line + 1
				as.list = append(as.list, &allow{pos: comment.Pos(), rule: rule, below: below})
			}
		}
	}
	return as
}

func (as *allows) permit(rule string, line int) bool {
	for _, a := range as.list {
		if a.rule == rule && a.below == line {
			a.used = true
			return true
		}
	}
	return false
}

func (as *allows) reportUnused(pass *analysis.Pass) {
	for _, a := range as.list {
		if !a.used {
			pass.Reportf(a.pos, "allow %s permits nothing: nothing on the line below needs it", a.rule)
		}
	}
}
