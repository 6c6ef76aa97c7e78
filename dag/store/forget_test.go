package store_test

import (
	"fmt"
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// TestForget drops up to every commit, with few and many recent leaves, and
// compares what a restart and a lagging peer get with what they got before.
func TestForget(t *testing.T) {
	writes, owner := history(t)
	for index := range dag.CommitIndex(len(writes) + 1) {
		for _, recent := range []uint64{1, 7, 1000} {
			m, all := store.NewMemory(), store.NewMemory()
			for i, w := range writes {
				for _, s := range []*store.Memory{m, all} {
					if err := s.Apply(w); err != nil {
						t.Fatal(err)
					}
					if i < len(writes)-2 {
						if err := s.Sync(); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			m.Forget(index, recent)
			m.Forget(index, recent)
			for _, lost := range []int{0, 1, 2} {
				m.Crash(lost)
				all.Crash(lost)
				if got, want := restored(t, m, owner, recent), restored(t, all, owner, recent); got != want {
					t.Errorf("up to %d, %d recent, %d lost: a restart gets\n%s\nwant\n%s", index, recent, lost, got, want)
				}
				for after := index; int(after) <= len(writes); after++ {
					if got, want := commits(t, m, after), commits(t, all, after); got != want {
						t.Errorf("up to %d: commits after %d are %s, want %s", index, after, got, want)
					}
				}
			}
		}
	}
}

// TestForgetLetsGo checks that batches which are final go, and that nobody gets a
// stretch of commits with a hole.
func TestForgetLetsGo(t *testing.T) {
	writes, _ := history(t)
	m := store.NewMemory()
	for _, w := range writes {
		if err := m.Apply(w); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Sync(); err != nil {
		t.Fatal(err)
	}
	first := writes[0].Batches[0].ID()
	m.Forget(8, 1)
	if left, _ := m.Batches([]dag.BatchID{first}); len(left) > 0 {
		t.Errorf("batch %v is final and still there", first)
	}
	if c, _, _ := m.Commits(0, 1<<20); c != nil {
		t.Errorf("commits from 1 on are gone, and those up to %d are given for them", c.Commit)
	}
	if last := writes[len(writes)-1].Batches[0].ID(); !has(m, last) {
		t.Error("a batch beyond went, too")
	}
}

func has(m *store.Memory, id dag.BatchID) bool {
	found, _ := m.Batches([]dag.BatchID{id})
	return len(found) == 1
}

func restored(t *testing.T, m *store.Memory, owner dag.PublicKey, recent uint64) string {
	r, err := m.Restore(owner, recent)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%v %v %v %d %d %q %q", r.State, r.Recent, r.LaneTips, r.Cosigned, r.OwnLanes, r.Retired, r.Diverged)
	for _, e := range r.Executed {
		text += fmt.Sprint(" ", e.Commit.Index)
	}
	for _, b := range r.Blocks {
		text += fmt.Sprint(" ", b.ID())
	}
	text += fmt.Sprint(r.Batches)
	if r.Certified != nil {
		text += fmt.Sprint(" certified ", r.Certified.Commit)
	}
	return text
}

func commits(t *testing.T, m *store.Memory, after dag.CommitIndex) string {
	certified, found, err := m.Commits(after, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if certified == nil {
		return "none"
	}
	text := fmt.Sprint("up to ", certified.Commit, ":")
	for _, c := range found {
		text += fmt.Sprint(" ", c.Index)
	}
	return text
}
