package zkvet

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
)

// A ban forbids names of one package of the standard library. A name that ends in * stands for all with that prefix,
// and "Type.Name" for a method.
type ban struct {
	names   []string
	except  []string
	methods bool // the names forbid methods of any type of the package, too
	rule    string
	why     string
}

const (
	useClock   = "the clock belongs to the handler: take now as an argument, or use Lane.Now and Lane.AfterFunc"
	useContext = "a context that ends by the real clock: use Handler.WithTimeout"
	useRandom  = "randomness belongs to the handler: use Handler.Rand, or a *rand.Rand made from its seed"
	useNetwork = "the network belongs to the handler: use Handler.Dial and Handler.Resolve"
	useSpawn   = "starts a goroutine: goroutines come from Handler.Spawn and from lanes"
)

// bans is keyed by the import path. Methods of time.Time that share a name with a function, After for one, are no uses
// of the clock; those of net.Dialer and net.Resolver are uses of the network, however one came by the value.
var bans = map[string][]ban{
	"time": {{
		names: []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"},
		why:   useClock,
	}},
	"context": {{
		names: []string{"AfterFunc", "WithTimeout*", "WithDeadline*"},
		why:   useContext,
	}},
	"math/rand":    {{names: []string{"*"}, except: []string{"New*"}, why: useRandom}},
	"math/rand/v2": {{names: []string{"*"}, except: []string{"New*"}, why: useRandom}},
	"crypto/rand":  {{names: []string{"*"}, methods: true, why: useRandom}},
	"hash/maphash": {{names: []string{"*"}, methods: true, why: useRandom}},
	"net": {{
		names:   []string{"Dial*", "Listen*", "Lookup*", "Resolve*", "DefaultResolver", "File*"},
		methods: true,
		why:     useNetwork,
	}},
	"crypto/tls": {{names: []string{"Dial*", "Listen*", "NewListener"}, methods: true, why: useNetwork}},
	"net/http":   {{names: []string{"*"}, methods: true, why: useNetwork}},
	"sync": {
		{names: []string{"WaitGroup.Go"}, why: useSpawn},
		{names: []string{"Map.Range"}, rule: ruleMapRange},
	},
	"maps": {{names: []string{"Keys", "Values", "All"}, rule: ruleMapRange}},
	"reflect": {
		{names: []string{"Select"}, rule: ruleSelect},
		{names: []string{"Value.MapKeys", "Value.MapRange", "Value.Seq", "Value.Seq2"}, rule: ruleMapRange},
	},
}

// ident reports an identifier that stands for something banned, called or not.
func (c *checker) ident(cur inspector.Cursor, id *ast.Ident) {
	obj := c.pass.TypesInfo.Uses[id]
	if obj == nil || obj.Pkg() == nil {
		return
	}
	for _, b := range bans[obj.Pkg().Path()] {
		if !b.forbids(obj) {
			continue
		}
		name := obj.Pkg().Name() + "." + qualified(obj)
		switch {
		case b.rule == "":
			c.pass.Reportf(id.Pos(), "%s: %s", name, b.why)
		case b.rule == ruleMapRange && c.orderGone(cur):
		default:
			c.report(cur, b.rule, name)
		}
	}
}

func (b *ban) forbids(obj types.Object) bool {
	switch obj := obj.(type) {
	case *types.Func:
	case *types.Var:
		if obj.IsField() {
			return false
		}
	case *types.TypeName:
		// Types of a generator are how a seeded one is passed on; a Dialer is only good for dialling.
		if !b.methods {
			return false
		}
	default:
		return false
	}
	if name := qualified(obj); strings.Contains(name, ".") && !b.methods {
		return slices.Contains(b.names, name)
	}
	return matches(b.names, obj.Name()) && !matches(b.except, obj.Name())
}

// qualified is Name for what the package itself declares and Type.Name for a method.
func qualified(obj types.Object) string {
	fn, ok := obj.(*types.Func)
	if !ok || fn.Signature().Recv() == nil {
		return obj.Name()
	}
	t := fn.Signature().Recv().Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := t.(*types.Named); ok {
		return n.Obj().Name() + "." + fn.Name()
	}
	return "(interface)." + fn.Name()
}

func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		prefix, wild := strings.CutSuffix(p, "*")
		return p == name || wild && strings.HasPrefix(name, prefix)
	})
}
