package order

import (
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/dag"
)

// vector is one DAG and what must be decided about it.
type vector struct {
	Name          string
	CommitteeSize int `json:"committee_size"`
	F, Quorum     int
	Schedule      []struct {
		Round  dag.Round
		Leader dag.Author
	} `json:"leader_schedule"`
	Blocks []struct {
		ID      string
		Round   dag.Round
		Author  dag.Author
		Parents []string
	}
	LastDecided struct{ Round dag.Round } `json:"last_decided"`
	Expected    []struct {
		Round   dag.Round
		Author  dag.Author
		Status  string
		BlockID string `json:"block_id"`
	}
	PrefixLen   int               `json:"decided_prefix_len"`
	Incremental map[string]string `json:"incremental_by_max_round"`
}

// table is a schedule that lists its leaders.
type table map[dag.Round]dag.Author

func (t *table) Leader(r dag.Round) (dag.Author, bool) {
	a, ok := (*t)[r]
	return a, ok
}

// vertices returns the blocks above round 0, whose blocks are implicit here,
// and the names of all.
func (v *vector) vertices() ([]*Vertex, map[dag.BlockID]string) {
	refs, names := map[string]dag.BlockRef{}, map[dag.BlockID]string{}
	var out []*Vertex
	for _, b := range v.Blocks {
		ref := dag.BlockRef{Round: b.Round, Author: b.Author, ID: sha256.Sum256([]byte(b.ID))}
		refs[b.ID], names[ref.ID] = ref, b.ID
		if b.Round == 0 {
			continue
		}
		x := &Vertex{Ref: ref}
		for _, p := range b.Parents {
			x.Parents = append(x.Parents, refs[p])
		}
		out = append(out, x)
	}
	return out, names
}

func (v *vector) schedule() *table {
	s := table{}
	for _, l := range v.Schedule {
		s[l.Round] = l.Leader
	}
	return &s
}

// ruler is either implementation of the commit rule, fed with more and more blocks.
type ruler interface {
	add(t *testing.T, v *Vertex)
	pending(last dag.Round) []Decision
}

type quick struct{ d *Decider }

func (q quick) add(t *testing.T, v *Vertex) {
	if err := q.d.graph.Add(v); err != nil {
		t.Fatalf("add block of round %d by %d: %v", v.Ref.Round, v.Ref.Author, err)
	}
}

func (q quick) pending(last dag.Round) []Decision {
	if last != q.d.Last() {
		return NewDecider(q.d.graph, q.d.schedule, last).Pending()
	}
	return q.d.Pending()
}

type slow struct {
	n     int
	s     Schedule
	known []*Vertex
}

func (w *slow) add(_ *testing.T, v *Vertex) { w.known = append(w.known, v) }

func (w *slow) pending(last dag.Round) []Decision { return newNaive(w.n, w.s, w.known).pending(last) }

// TestVectors runs every file of the shared commit vectors, and of the
// directory FLOORMESH_VECTORS if set, under both implementations.
func TestVectors(t *testing.T) {
	dirs := []string{filepath.Join("..", "..", "..", "shared", "vectors", "commit")}
	if dir := os.Getenv("FLOORMESH_VECTORS"); dir != "" {
		dirs = append(dirs, dir)
	}
	var files []string
	for _, dir := range dirs {
		in, err := filepath.Glob(filepath.Join(dir, "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, in...)
	}
	if len(files) == 0 {
		t.Skip("no vectors: put them at ../shared/vectors/commit beside the repository, or set FLOORMESH_VECTORS")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var v vector
			if err := json.Unmarshal(raw, &v); err != nil {
				t.Fatal(err)
			}
			if f, q := quorum.F(v.CommitteeSize), quorum.Q(v.CommitteeSize); f != v.F || q != v.Quorum {
				t.Fatalf("f, q = %d, %d, want %d, %d", f, q, v.F, v.Quorum)
			}
			s := v.schedule()
			rulers := map[string]func() ruler{
				"decider": func() ruler { return quick{NewDecider(NewGraph(v.CommitteeSize, 0), s, v.LastDecided.Round)} },
				"naive":   func() ruler { return &slow{n: v.CommitteeSize, s: s} },
			}
			for name, fresh := range rulers {
				v.checkExpected(t, name, fresh())
				v.checkIncremental(t, name, fresh())
			}
			v.checkPrefix(t, s)
		})
	}
}

func (v *vector) checkExpected(t *testing.T, name string, w ruler) {
	blocks, names := v.vertices()
	for _, b := range blocks {
		w.add(t, b)
	}
	got := w.pending(v.LastDecided.Round)
	if len(got) != len(v.Expected) {
		t.Fatalf("%s: %d slots evaluated, want %d", name, len(got), len(v.Expected))
	}
	for i, want := range v.Expected {
		id := ""
		if got[i].Block != nil {
			id = names[got[i].Block.Ref.ID]
		}
		if got[i].Round != want.Round || got[i].Leader != want.Author || got[i].Status.String() != want.Status || id != want.BlockID {
			t.Errorf("%s: slot (%d, %d): got %v %q; want (%d, %d): %s %q",
				name, got[i].Round, got[i].Leader, got[i].Status, id, want.Round, want.Author, want.Status, want.BlockID)
		}
	}
}

// checkIncremental feeds the blocks round by round. The same ruler goes on, so
// that what it remembers is tested too.
func (v *vector) checkIncremental(t *testing.T, name string, w ruler) {
	if v.Incremental == nil {
		return
	}
	blocks, _ := v.vertices()
	highest, checked := blocks[len(blocks)-1].Ref.Round, 0
	for r := dag.Round(1); r <= highest; r++ {
		for _, b := range blocks {
			if b.Ref.Round == r {
				w.add(t, b)
			}
		}
		want, ok := v.Incremental[strconv.FormatUint(uint64(r), 10)]
		if !ok {
			continue
		}
		checked++
		got := ""
		for _, d := range w.pending(0) {
			got += strings.ToUpper(d.Status.String()[:1])
		}
		if got != want {
			t.Errorf("%s: rounds up to %d: got %s, want %s", name, r, got, want)
		}
	}
	if checked != len(v.Incremental) {
		t.Errorf("%s: %d of %d prefixes checked", name, checked, len(v.Incremental))
	}
}

// checkPrefix checks what Next yields.
func (v *vector) checkPrefix(t *testing.T, s Schedule) {
	w := quick{NewDecider(NewGraph(v.CommitteeSize, 0), s, v.LastDecided.Round)}
	blocks, _ := v.vertices()
	yielded := 0
	for _, b := range blocks {
		w.add(t, b)
		for d, ok := w.d.Next(); ok; d, ok = w.d.Next() {
			if want := v.Expected[yielded]; d.Round != want.Round || d.Status.String() != want.Status {
				t.Errorf("Next: got round %d %v, want %d %s", d.Round, d.Status, want.Round, want.Status)
			}
			yielded++
		}
	}
	if yielded != v.PrefixLen {
		t.Errorf("Next yielded %d slots, want %d", yielded, v.PrefixLen)
	}
}
