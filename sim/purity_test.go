package sim_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestCoreIsPure checks what every simulated run relies on: dag, consensus and
// sync reach the world only through arguments and results. The import half is
// repeated in .golangci.yml; having it here means that `go test ./...` is enough.
func TestCoreIsPure(t *testing.T) {
	files := 0
	for _, root := range []string{"../dag", "../consensus", "../sync"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			if strings.HasSuffix(filepath.Dir(path), "test") { // dagtest, storetest: helpers of tests
				return nil
			}
			files++
			problems, err := impurities(path, nil)
			for _, p := range problems {
				t.Error(p)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 20 {
		t.Errorf("looked at %d files only", files)
	}
}

// TestModelsArePure checks the same of what takes part in every simulated run beside
// the core. Only engine's workers and crew are goroutines, and only they wait for each other.
func TestModelsArePure(t *testing.T) {
	workers := []string{"engine.go", "worker.go", "crew.go", "progress.go"}
	files := 0
	for _, pattern := range []string{"engine/*.go", "network/*.go", "gossip/*.go", "protocol/*.go", "protocol/*/*.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") || slices.Contains(workers, filepath.Base(path)) && strings.HasPrefix(path, "engine") {
				continue
			}
			files++
			problems, err := impurities(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range problems {
				t.Error(p)
			}
		}
	}
	if files < 30 {
		t.Errorf("looked at %d files only", files)
	}
}

// TestWorldIsPure checks the same of the world, of its liars and checkers, and of what searches and replays
// runs: one goroutine each, no clock, nothing drawn from the process, no floats. What may do otherwise
// stands here with its reason.
func TestWorldIsPure(t *testing.T) {
	excused := map[string][]string{
		"attest.go":        {"float64"},                          // times of SenML are floats, here of whole seconds, which all of them hold
		"explore/found.go": {"imports os"},                       // writes what was found into files, after the run
		"replay/replay.go": {"calls recover"},                    // a replay that panics is a finding, with its step
		"explore/try.go":   {"calls recover", "imports runtime"}, // a run that panics is a finding, with its stack, and not the end of the search
	}
	files := 0
	for _, pattern := range []string{"*.go", "explore/*.go", "replay/*.go", "adversary/*.go", "check/*.go", "oracle/*.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			files++
			problems, err := impurities(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range problems {
				if !slices.ContainsFunc(excused[filepath.ToSlash(path)], func(excuse string) bool { return strings.Contains(p, excuse) }) {
					t.Error(p)
				}
			}
		}
	}
	if files < 80 {
		t.Errorf("looked at %d files only", files)
	}
}

// TestNoMapDecides: whatever takes part in a run goes through no map in the map's own order, which is
// another each time, unless its line says why any order will do.
func TestNoMapDecides(t *testing.T) {
	files := 0
	for _, dir := range []string{".", "explore", "replay", "adversary", "check", "oracle", "engine", "network", "gossip"} {
		loops, count, err := mapLoops(dir)
		if err != nil {
			t.Fatal(err)
		}
		files += count
		for _, at := range loops {
			t.Errorf("%v: goes through a map: sort its keys first, or say behind it why \"any order\" will do", at)
		}
	}
	if files < 100 {
		t.Errorf("looked at %d files only", files)
	}
}

// TestMapRangesAreSeen plants one in every form.
func TestMapRangesAreSeen(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"field":     {"type s struct { m map[int]bool }\nfunc f(x *s) { for range x.m {} }", 1},
		"variable":  {"func f() { m := map[int]bool{}; for range m {} }", 1},
		"made":      {"func f() { m := make(map[int]bool); for k := range m { _ = k } }", 1},
		"parameter": {"func f(m map[int]bool) { for range m {} }", 1},
		"result":    {"func g() (m map[int]bool) { return }\nfunc f() { for range g() {} }", 1},
		"own type":  {"type t map[int]bool\nfunc f(x t) { for range x {} }", 1},
		"literal":   {"func f() { for range map[int]bool{} {} }", 1},
		"iterator":  {"func f(m M) { for range maps.Keys(m) {} }", 1},
		"nested":    {"func f(m []map[int]bool) { for range m[0] {} }", 1},
		"assigned":  {"type s struct { m map[int]bool }\nfunc f(x *s) { m := x.m; for range m {} }", 1},
		"of lists":  {"type s struct { m map[int][]int }\nfunc f(x *s) { for range x.m[1] {} }", 0},
		"list of":   {"type s struct { m [2]map[int]bool }\nfunc f(x *s) { for range x.m {} }", 0},
		"excused":   {"func f(m map[int]bool) {\nfor range m { // any order: counted only\n}\n}", 0},
		"sorted":    {"func f(m map[int]bool) { for range slices.Sorted(maps.Keys(m)) {} }", 0},
		"slice":     {"func f(m []int) { for range m {} }", 0},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "planted.go"), []byte("package p\n"+c.text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, _, err := mapLoops(dir); err != nil || len(got) != c.want {
			t.Errorf("%s: seen %v, %v; want %d", name, got, err, c.want)
		}
	}
}

// mapLoops returns the loops of a package over maps. What other packages export is not known to it, so
// that it needs nothing but the package's own files.
func mapLoops(dir string) (loops []token.Position, files int, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, 0, err
	}
	fset := token.NewFileSet()
	var parsed []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return nil, 0, err
		}
		parsed = append(parsed, file)
	}
	known := types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	config := types.Config{Importer: nothing{}, Error: func(error) {}} // whatever comes from elsewhere is one
	_, _ = config.Check(dir, fset, parsed, &known)
	for _, file := range parsed {
		excused := map[int]bool{} // lines
		for _, group := range file.Comments {
			for _, c := range group.List {
				excused[fset.Position(c.Pos()).Line] = strings.HasPrefix(c.Text, "// any order: ")
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if r, ok := n.(*ast.RangeStmt); ok && overMap(r.X, &known) && !excused[fset.Position(r.Pos()).Line] {
				loops = append(loops, fset.Position(r.Pos()))
			}
			return true
		})
	}
	return loops, len(parsed), nil
}

// overMap reports whether an expression is a map, or goes through one by the package maps.
func overMap(x ast.Expr, known *types.Info) bool {
	if call, ok := x.(*ast.CallExpr); ok {
		if of, ok := call.Fun.(*ast.SelectorExpr); ok {
			from, ok := of.X.(*ast.Ident)
			if ok && from.Name == "maps" {
				return true
			}
		}
	}
	t := known.Types[x].Type
	if t == nil {
		return false
	}
	_, isMap := t.Underlying().(*types.Map)
	return isMap
}

// nothing imports packages that export nothing.
type nothing struct{}

func (nothing) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, filepath.Base(strings.TrimSuffix(path, "/v2")))
	p.MarkComplete()
	return p, nil
}

// TestImpuritiesAreSeen plants each impurity in a file.
func TestImpuritiesAreSeen(t *testing.T) {
	for name, body := range map[string]string{
		"goroutine":  "func f() { go f() }",
		"channel":    "func f(c chan int) {}",
		"send":       "func f(c C) { c <- 1 }",
		"receive":    "func f(c C) { <-c }",
		"select":     "func f() { select {} }",
		"clock":      `import "time"; var _ = time.Now`,
		"timer":      `import "time"; var _ = time.AfterFunc`,
		"import":     `import "os"`,
		"subpackage": `import "net/http"`,
		"mutex":      `import "sync"`,
		"global":     `import "math/rand/v2"; var _ = rand.IntN(3)`,
		"recover":    "func f() { defer recover() }",
		"init":       "func init() {}",
		"float":      "func f(x float64) {}",
		"print":      `func f() { println("x") }`,
	} {
		problems, err := impurities("consensus/planted.go", []byte("package p\n"+body+"\n"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(problems) == 0 {
			t.Errorf("%s: not seen in %q", name, body)
		}
	}
}

// impurities returns what in a file the core must not do; with a nil src it
// reads the file.
func impurities(path string, src any) (problems []string, err error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	report := func(n ast.Node, format string, args ...any) {
		problems = append(problems, fmt.Sprintf("%s: %s", fset.Position(n.Pos()), fmt.Sprintf(format, args...)))
	}
	for _, imported := range file.Imports {
		name, _ := strconv.Unquote(imported.Path.Value)
		if why := banned(name); why != "" {
			report(imported, "imports %s: %s", name, why)
		}
	}
	floats := mayFloat(path)
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			report(n, "starts a goroutine")
		case *ast.SelectStmt, *ast.SendStmt, *ast.ChanType:
			report(n, "uses a channel")
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				report(n, "receives from a channel")
			}
		case *ast.FuncDecl:
			if n.Name.Name == "init" && n.Recv == nil {
				report(n, "has an init function")
			}
		case *ast.CallExpr:
			if called, ok := n.Fun.(*ast.Ident); ok && strings.Contains(" recover print println ", " "+called.Name+" ") {
				report(n, "calls %s", called.Name)
			}
		case *ast.Ident:
			if !floats && (n.Name == "float64" || n.Name == "float32") {
				report(n, "computes with %s, which differs between machines", n.Name)
			}
		case *ast.SelectorExpr:
			if from, ok := n.X.(*ast.Ident); ok && reachesOut(from.Name, n.Sel.Name) {
				report(n, "uses %s.%s", from.Name, n.Sel.Name)
			}
		}
		return true
	})
	return problems, nil
}

// banned says why the core must not import a package, "" if it may.
func banned(name string) string {
	first, _, _ := strings.Cut(name, "/")
	switch {
	case name == "context":
		return "nothing in the core blocks"
	case name == "crypto/rand" || name == "math/rand":
		return "randomness arrives through Config"
	case first == "log":
		return "emit an output"
	case first == "net":
		return "the driver owns the network"
	case first == "os" || first == "syscall" || name == "io/ioutil":
		return "the driver owns files and the environment"
	case first == "sync":
		return "one goroutine owns a Replica"
	case first == "runtime" || name == "unsafe":
		return "what a Replica does depends on its inputs alone"
	case name == "testing":
		return "only packages named …test help tests"
	}
	return ""
}

// reachesOut reports whether a selector reads a clock, waits, or draws from
// the process's own randomness.
func reachesOut(from, name string) bool {
	switch from {
	case "time":
		return strings.Contains(" Now Since Until Sleep After AfterFunc Tick NewTimer NewTicker ", " "+name+" ")
	case "rand":
		return !strings.Contains(" Rand Source New NewPCG NewChaCha8 PCG ChaCha8 ", " "+name+" ")
	}
	return false
}

// mayFloat reports whether a file may use floating point: readings are floats,
// decisions are not.
func mayFloat(path string) bool {
	path = filepath.ToSlash(path)
	return strings.Contains(path, "dag/senml/") || strings.Contains(path, "dag/dagcbor/")
}

// TestOnlySimulationsSimulate: keys and verifiers that know nothing of Ed25519 are
// made in sim alone. In a plant one of them would accept anything.
func TestOnlySimulationsSimulate(t *testing.T) {
	files := 0
	for _, root := range []string{"../node", "../dag", "../consensus", "../sync"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasPrefix(filepath.ToSlash(path), "../dag/simulated") {
				return err
			}
			files++
			names, err := simulating(path, nil)
			for _, name := range names {
				t.Errorf("%s uses %s", path, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 100 {
		t.Errorf("looked at %d files only", files)
	}
	for _, planted := range []string{
		"var _ = dag.NewSimulatedKey(public, signer)",
		"var _ = dag.NewSimulatedVerifier(d, holds)",
		"func f() { key := dag.NewSimulatedKey; key(public, signer) }",
	} {
		if names, err := simulating("node/planted.go", []byte("package p\n"+planted+"\n")); err != nil || len(names) != 1 {
			t.Errorf("%q: found %v, %v", planted, names, err)
		}
	}
}

// simulating returns what of the simulations' seam a file names.
func simulating(path string, src any) (names []string, err error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok && strings.HasPrefix(name.Name, "NewSimulated") {
			names = append(names, name.Name)
		}
		return true
	})
	return names, nil
}
