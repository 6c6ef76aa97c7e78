package result_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/resulttest"
)

// TestSameRunsAreEqual however the nodes are divided, as long as it is the same way.
func TestSameRunsAreEqual(t *testing.T) {
	for _, halves := range []bool{false, true} {
		o := resulttest.Options{Seed: 3, Halves: halves}
		d := result.Compare(resulttest.Run(t, o), resulttest.Run(t, o))
		if !d.Equal || len(d.Quantiles) > 0 {
			t.Errorf("%+v", d)
		}
	}
}

// TestFirstDifferenceIsFound plants one changed event anywhere in a run.
func TestFirstDifferenceIsFound(t *testing.T) {
	for _, halves := range []bool{false, true} {
		for _, swap := range []int{1, 2, 100, 400, 500} {
			o := resulttest.Options{Seed: 3, Halves: halves, Logged: true}
			a := resulttest.Run(t, o)
			o.Swap = swap
			b := resulttest.Run(t, o)
			d := result.Compare(a, b)
			if d.Equal || d.First == nil || !d.Certain {
				t.Errorf("event %d: %+v", swap, d)
				continue
			}
			want := a.Events[0]
			for i := range a.Events {
				if a.Events[i] != b.Events[i] {
					want = a.Events[i]
					break
				}
			}
			if diff := cmp.Diff(*d.First.A, want); diff != "" || d.First.B.Detail != want.Detail+1 {
				t.Errorf("event %d: found %+v and %+v\n%s", swap, d.First.A, d.First.B, diff)
			}
			if d.From > want.At || d.To < want.At {
				t.Errorf("event %d at %v is not between %v and %v", swap, want.At, d.From, d.To)
			}
		}
	}
}

// TestWindowWithoutLog: the chain alone gives the events and instants to log.
func TestWindowWithoutLog(t *testing.T) {
	o := resulttest.Options{Seed: 3, Rounds: 100}
	a := resulttest.Run(t, o)
	o.Swap = 5000
	b := resulttest.Run(t, o)
	d := result.Compare(a, b)
	if d.Equal || d.First != nil || d.Certain || len(d.Windows) != 1 {
		t.Fatalf("%+v", d)
	}
	if w := d.Windows[0]; w.From != 4096 || w.To != 5120 {
		t.Errorf("window %+v, want events 4096 to 5120", w)
	}
}

// TestOneRunIsLonger: the first event that only one run has.
func TestOneRunIsLonger(t *testing.T) {
	o := resulttest.Options{Seed: 3, Rounds: 4, Logged: true}
	a, b := resulttest.Run(t, o), resulttest.Run(t, o)
	last := b.Events[len(b.Events)-1]
	b.Events = b.Events[:len(b.Events)-1]
	b.Chain = []result.Link{{Events: last.Index, At: last.At, Hash: 1}}
	d := result.Compare(a, b)
	if d.First == nil || d.First.B != nil || d.First.A.Index != last.Index || !d.Certain {
		t.Errorf("%+v", d)
	}
}

// TestLogOfSomeNodes: what was found need not be the first difference.
func TestLogOfSomeNodes(t *testing.T) {
	o := resulttest.Options{Seed: 3, Logged: true}
	a := resulttest.Run(t, o)
	o.Swap = 300
	b := resulttest.Run(t, o)
	for _, run := range []*result.Run{a, b} {
		var kept []result.Logged
		for i, e := range run.Events {
			if i%2 == 0 {
				kept = append(kept, e)
			}
		}
		run.Events = kept
	}
	if d := result.Compare(a, b); d.First == nil || d.Certain {
		t.Errorf("%+v", d)
	}
}

// TestOtherRunsAreRefused: seeds, scenarios and partitions.
func TestOtherRunsAreRefused(t *testing.T) {
	a := resulttest.Run(t, resulttest.Options{Seed: 3})
	other := resulttest.Run(t, resulttest.Options{Seed: 3})
	other.Scenario = []byte("name: made up\nnodes: 5\n")
	for want, b := range map[string]*result.Run{
		"seed: 3 and 4 are different runs":           resulttest.Run(t, resulttest.Options{Seed: 4}),
		"scenario.yaml: they differ, at line 2":      other,
		"partitions: 1 and 2: their chains fold oth": resulttest.Run(t, resulttest.Options{Seed: 3, Halves: true}),
	} {
		if err := result.Comparable(a, b); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if err := result.Comparable(a, a); err != nil {
		t.Error(err)
	}
}

// TestQuantilesOfOneRunOnly: a distribution that one run lacks is a difference.
func TestQuantilesOfOneRunOnly(t *testing.T) {
	a, b := resulttest.Run(t, resulttest.Options{Seed: 3}), resulttest.Run(t, resulttest.Options{Seed: 3})
	b.Summary.Quantiles[0].Name = "witnessed"
	var got []string
	for _, p := range result.CompareQuantiles(a, b) {
		got = append(got, p.A.Name+"|"+p.B.Name)
	}
	if diff := cmp.Diff(got, []string{"replicated|", "|witnessed"}); diff != "" {
		t.Error(diff)
	}
}

// TestSameBuild: an unknown build is no build at all.
func TestSameBuild(t *testing.T) {
	for _, c := range []struct {
		run, own string
		want     bool
	}{{"v1", "v1", true}, {"v1", "v2", false}, {"", "", false}} {
		s := result.Summary{Build: c.run}
		if got := s.SameBuild(c.own); got != c.want {
			t.Errorf("run by %q, asked by %q: %t", c.run, c.own, got)
		}
	}
}
