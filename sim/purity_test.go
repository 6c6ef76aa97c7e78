package sim_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
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
