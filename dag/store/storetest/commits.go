package storetest

import (
	"math"
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/store"
)

func certs(c ...*checkpoint.Certified) []*checkpoint.Certified { return c }

func (b *bench) wantCommits(after dag.CommitIndex, maxBytes int, upTo *checkpoint.Certified) {
	b.t.Helper()
	certified, commits, err := b.store.Commits(after, maxBytes)
	b.check(err)
	if upTo == nil {
		if certified != nil || commits != nil {
			b.t.Fatalf("commits after %d: %d up to a checkpoint, want none", after, len(commits))
		}
		return
	}
	if certified == nil {
		b.t.Fatalf("commits after %d: none, want up to %d", after, upTo.Commit)
	}
	if string(certified.Encode()) != string(upTo.Encode()) {
		b.t.Fatalf("commits after %d: up to %d, want %d", after, certified.Commit, upTo.Commit)
	}
	for i, c := range commits {
		if c.Index != after+1+dag.CommitIndex(i) {
			b.t.Fatalf("commits after %d: number %d is %d", after, i, c.Index)
		}
	}
	if last := commits[len(commits)-1]; last.ID() != upTo.CommitID {
		b.t.Fatalf("commits after %d end with %d, want %d", after, last.Index, upTo.Commit)
	}
}

func testCommits(_ *testing.T, b *bench) {
	var executed []*store.Executed
	for range 8 {
		batch := b.Batch(0, 0, 1)
		e := b.Commit(true, batch)
		executed = append(executed, e)
		b.apply(&store.Write{Batches: []*dag.Batch{batch}, Executed: []*store.Executed{e}})
	}
	b.wantCommits(0, math.MaxInt, nil)
	third, sixth := b.Certify(executed[2]), b.Certify(executed[5])
	b.apply(&store.Write{Certified: certs(third)})
	b.apply(&store.Write{Certified: certs(sixth)})

	size := func(from, to int) (bytes int) {
		for _, e := range executed[from:to] {
			bytes += len(e.Commit.Raw())
		}
		return bytes
	}
	b.wantCommits(0, math.MaxInt, sixth)
	b.wantCommits(0, 0, third) // at least to the first
	b.wantCommits(0, size(0, 6), sixth)
	b.wantCommits(0, size(0, 6)-1, third)
	b.wantCommits(1, 1, third)
	b.wantCommits(2, size(2, 3), third)
	b.wantCommits(3, 0, sixth)
	b.wantCommits(5, math.MaxInt, sixth)
	b.wantCommits(6, math.MaxInt, nil)
	b.wantCommits(8, math.MaxInt, nil)
	b.wantCommits(1000, math.MaxInt, nil)

	// A checkpoint may be certified before its commit is executed here.
	batch := b.Batch(0, 0, 1)
	e := b.Commit(true, batch)
	b.apply(&store.Write{Certified: certs(b.Certify(e))})
	b.wantCommits(6, math.MaxInt, nil)
	b.wantCommits(0, math.MaxInt, sixth)
}
