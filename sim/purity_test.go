package sim_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
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
// the core. Only engine's workers are goroutines, and only they wait for each other.
func TestModelsArePure(t *testing.T) {
	workers := []string{"engine.go", "worker.go", "progress.go"}
	files := 0
	for _, pattern := range []string{"engine/*.go", "network/*.go", "gossip/*.go"} {
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
	if files < 15 {
		t.Errorf("looked at %d files only", files)
	}
}

// TestWorldIsPure checks the same of the world, of its liars and checkers, and of what searches and replays
// runs: one goroutine each, no clock, nothing drawn from the process, no floats. What may do otherwise
// stands here with its reason.
func TestWorldIsPure(t *testing.T) {
	excused := map[string][]string{
		"explore/found.go": {"imports os"},                       // writes what was found into files, after the run
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
// another each time.
func TestNoMapDecides(t *testing.T) {
	excused := map[string]string{
		"load.go load.orphaned":         "what it gathers is sorted before it is used",
		"check/liveness.go Suite.lacks": "what it gathers is sorted before it is used",
		"load.go load.submit":           "a visit's records are a list; those of notes are a map",
	}
	files, used := 0, map[string]bool{}
	for _, dir := range []string{".", "explore", "replay", "adversary", "check", "oracle", "engine", "network", "gossip"} {
		problems, count, err := mapRanges(dir)
		if err != nil {
			t.Fatal(err)
		}
		files += count
		for _, p := range problems {
			if used[p.where] = true; excused[p.where] == "" {
				t.Errorf("%s: %s goes through a map: sort its keys first", p.at, p.where)
			}
		}
	}
	for where, why := range excused {
		if !used[where] {
			t.Errorf("%s is excused (%s) and does nothing", where, why)
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
		"sorted":    {"func f(m map[int]bool) { for range slices.Sorted(maps.Keys(m)) {} }", 0},
		"slice":     {"func f(m []int) { for range m {} }", 0},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "planted.go"), []byte("package p\n"+c.text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, _, err := mapRanges(dir); err != nil || len(got) != c.want {
			t.Errorf("%s: seen %v, %v; want %d", name, got, err, c.want)
		}
	}
}

// mapRange is a loop over a map.
type mapRange struct {
	at    token.Position
	where string // file and function
}

// mapRanges returns the loops of a package over what has the name of a map somewhere in it. By names alone
// it sees too much rather than too little.
func mapRanges(dir string) (found []mapRange, files int, err error) {
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
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, 0, err
		}
		parsed = append(parsed, file)
	}
	maps := mapNames{types: map[string]bool{}, fields: map[string]bool{}, globals: map[string]bool{}}
	for _, file := range parsed { // named types first: what is of one is a map too
		ast.Inspect(file, func(n ast.Node) bool {
			if t, ok := n.(*ast.TypeSpec); ok && isMapType(t.Type, nil) {
				maps.types[t.Name.Name] = true
			}
			return true
		})
	}
	for _, file := range parsed {
		for _, d := range file.Decls {
			maps.declare(d)
		}
	}
	for _, file := range parsed {
		for _, d := range file.Decls {
			within, locals := "", map[string]bool{}
			if f, ok := d.(*ast.FuncDecl); ok {
				within = funcName(f)
				ast.Inspect(f, func(n ast.Node) bool {
					maps.local(n, locals)
					return true
				})
			}
			ast.Inspect(d, func(n ast.Node) bool {
				if r, ok := n.(*ast.RangeStmt); ok && maps.over(r.X, locals) {
					found = append(found, mapRange{fset.Position(r.Pos()), filepath.ToSlash(fset.Position(file.Pos()).Filename) + " " + within})
				}
				return true
			})
		}
	}
	return found, len(parsed), nil
}

// mapNames are the names of a package that stand for maps.
type mapNames struct{ types, fields, globals map[string]bool }

// declare notes what a declaration names outside functions, and what functions return.
func (m *mapNames) declare(d ast.Decl) {
	if f, ok := d.(*ast.FuncDecl); ok && f.Type.Results != nil {
		m.globals[f.Name.Name] = isMapType(f.Type.Results.List[0].Type, m.types)
	}
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StructType:
			for _, f := range n.Fields.List {
				for _, name := range f.Names {
					m.fields[name.Name] = m.fields[name.Name] || isMapType(f.Type, m.types)
				}
			}
		case *ast.BlockStmt:
			return false
		case *ast.ValueSpec:
			m.local(n, m.globals)
		}
		return true
	})
}

// local notes the names that a node within a function gives to maps.
func (m *mapNames) local(n ast.Node, names map[string]bool) {
	switch n := n.(type) {
	case *ast.Field:
		for _, name := range n.Names {
			names[name.Name] = names[name.Name] || isMapType(n.Type, m.types)
		}
	case *ast.ValueSpec:
		for i, name := range n.Names {
			names[name.Name] = names[name.Name] || isMapType(n.Type, m.types) || i < len(n.Values) && m.makes(n.Values[i])
		}
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			if name, ok := left.(*ast.Ident); ok && i < len(n.Rhs) && m.makes(n.Rhs[i]) {
				names[name.Name] = true
			}
		}
	}
}

// isMapType reports whether a type is a map, or holds maps by index.
func isMapType(t ast.Expr, types map[string]bool) bool {
	switch t := t.(type) {
	case *ast.MapType:
		return true
	case *ast.Ident:
		return types[t.Name]
	case *ast.ArrayType:
		return types != nil && isMapType(t.Elt, types) // its elements
	}
	return false
}

// makes reports whether an expression makes a map.
func (m *mapNames) makes(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.CompositeLit:
		_, isList := e.Type.(*ast.ArrayType)
		return !isList && isMapType(e.Type, m.types)
	case *ast.CallExpr:
		called, ok := e.Fun.(*ast.Ident)
		return ok && called.Name == "make" && isMapType(e.Args[0], m.types)
	}
	return false
}

// over reports whether what a loop goes through is a map.
func (m *mapNames) over(x ast.Expr, locals map[string]bool) bool {
	switch x := x.(type) {
	case *ast.Ident:
		return locals[x.Name] || m.globals[x.Name]
	case *ast.SelectorExpr:
		return m.fields[x.Sel.Name]
	case *ast.IndexExpr:
		return m.over(x.X, locals)
	case *ast.ParenExpr:
		return m.over(x.X, locals)
	case *ast.CallExpr:
		if of, ok := x.Fun.(*ast.SelectorExpr); ok {
			from, ok := of.X.(*ast.Ident)
			return ok && from.Name == "maps" || m.globals[of.Sel.Name]
		}
		return m.makes(x) || m.over(x.Fun, locals)
	}
	return m.makes(x)
}

// funcName returns "Type.Method" or "Function".
func funcName(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	of := f.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	if name, ok := of.(*ast.Ident); ok {
		return name.Name + "." + f.Name.Name
	}
	return f.Name.Name
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
