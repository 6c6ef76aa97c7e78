package scenario_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sim/adversary"
	"github.com/floormesh/floormesh/sim/check"
	"github.com/floormesh/floormesh/sim/scenario"
)

// TestProtocolDefaults checks that scenarios, which know nothing of the
// protocol, repeat its defaults.
func TestProtocolDefaults(t *testing.T) {
	p := scenario.New().Protocol
	if got, want := replica.Timing(p.Timing), replica.DefaultTiming(); got != want {
		t.Errorf("timing %+v, the protocol's is %+v", got, want)
	}
	g := dag.DefaultGenesis()
	if p.WindowRounds != int(g.WindowRounds) || p.DuplicateLeaves != int(g.DuplicateLeaves) ||
		p.CheckpointInterval.Milliseconds() != int64(g.CheckpointMillis) || p.CheckpointRounds != int(g.CheckpointRounds) {
		t.Errorf("constants %+v, the protocol's are %+v", p, g)
	}
}

// TestProtocolBounds checks the same of bounds.
func TestProtocolBounds(t *testing.T) {
	for _, c := range []struct {
		setting string
		good    bool
	}{
		{"sites=[{name: plant, gateways: 200, committee: " + strconv.Itoa(dag.MaxCommittee) + "}]", true},
		{"sites=[{name: plant, gateways: 200, committee: " + strconv.Itoa(dag.MaxCommittee+1) + "}]", false},
		{"sites=[{name: plant, gateways: " + strconv.Itoa(dag.MaxGateways) + "}]", true},
		{"sites=[{name: plant, gateways: " + strconv.Itoa(dag.MaxGateways+1) + "}]", false},
		{"load=[{size: " + strconv.Itoa(dag.MaxPayloadBytes) + "B}]", true},
		{"load=[{size: " + strconv.Itoa(dag.MaxPayloadBytes+1) + "B}]", false},
		{"load=[{size: 16B, records: " + strconv.Itoa(dag.MaxBatchRecords+1) + "}]", false},
		{"load=[{size: 64KiB, records: 8}]", false}, // more than dag.MaxBatchBytes
		{"protocol.window-rounds=" + strconv.Itoa(dag.MinWindowRounds), true},
		{"protocol.window-rounds=" + strconv.Itoa(dag.MinWindowRounds-1), false},
		{"protocol.window-rounds=" + strconv.Itoa(dag.MaxWindowRounds+1), false},
		{"protocol.duplicate-leaves=" + strconv.Itoa(dag.MaxDuplicateLeaves+1), false},
		{"protocol.checkpoint-rounds=" + strconv.Itoa(dag.MaxCheckpointRounds+1), false},
		{"protocol.checkpoint-interval=" + strconv.Itoa(dag.MaxCheckpointMillis+1) + "ms", false},
		{"sites[0].name=" + strings.Repeat("a", dag.MaxNameBytes+1), false},
	} {
		_, err := scenario.Read([]scenario.Source{{Name: "x", Text: "sites: [{name: plant}]"}}, c.setting, "gossip.connections=40")
		if (err == nil) != c.good {
			t.Errorf("%.60s: %v", c.setting, err)
		}
	}
}

// TestNames checks that every attack and property there is can be named.
func TestNames(t *testing.T) {
	attacks := scenario.Attack("").Names()
	for _, kind := range adversary.Kinds() {
		if !slices.Contains(attacks, kind) {
			t.Errorf("no scenario can name the adversary %q", kind)
		}
	}
	properties := scenario.Property("").Names()
	for _, p := range []string{
		check.Agreement, check.Order, check.Durability, check.Validity, check.Liveness, check.Quiescence,
		check.SignOnce, check.GoodFaith, check.Answer, check.Certificate, check.Crash, check.Bounds,
	} {
		if !slices.Contains(properties, p) {
			t.Errorf("no scenario can name the property %q", p)
		}
	}
}

// TestPure checks that scenarios know nothing of the rest of the simulator, and
// have no floating point, which differs between machines.
func TestPure(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		files++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, e.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, imported := range file.Imports {
			if strings.Contains(imported.Path.Value, "floormesh") || imported.Path.Value == `"math/rand/v2"` {
				t.Errorf("%s imports %s", e.Name(), imported.Path.Value)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && (id.Name == "float64" || id.Name == "float32") {
				t.Errorf("%s computes with %s", set.Position(id.Pos()), id.Name)
			}
			return true
		})
	}
	if files < 20 {
		t.Errorf("looked at %d files only", files)
	}
}
