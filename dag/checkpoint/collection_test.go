package checkpoint

import (
	"testing"

	"github.com/floormesh/floormesh/dag"
)

// TestCollection: what is known counts once, of one author the newest are kept,
// and an old one puts out no newer one.
func TestCollection(t *testing.T) {
	keys, d := committee(3)
	sign := func(author dag.Author, commit dag.CommitIndex) *Cosignature {
		c := Checkpoint{Origin: Origin(d.Ledger), Epoch: d.Epoch, Commit: commit, Size: 10 * uint64(commit)}
		return Sign(keys[author], c, author, 1)
	}
	var l Collection
	if got := l.Add(sign(0, 5)); len(got) != 1 {
		t.Errorf("the first of a checkpoint comes with %d", len(got))
	}
	if got := l.Add(sign(0, 5)); got != nil {
		t.Errorf("one that is known comes with %d", len(got))
	}
	l.Add(sign(1, 6))
	if got := l.Add(sign(2, 5)); len(got) != 2 || got[0].Author != 0 || got[1].Author != 2 {
		t.Errorf("two of a checkpoint: %v", got)
	}
	for commit := range dag.CommitIndex(MaxPerAuthor) {
		l.Add(sign(0, 10+commit))
	}
	if got, want := len(l.All()), MaxPerAuthor+2; got != want {
		t.Errorf("%d are kept, want %d: its oldest is gone", got, want)
	}
	if got := l.Add(sign(0, 9)); got != nil {
		t.Error("one older than all that its author has here is taken")
	}
	if got := l.Add(sign(2, 10)); len(got) != 2 {
		t.Errorf("the oldest kept of author 0 is gone: %d of commit 10", len(got))
	}
	l.Forget(10)
	if got, want := len(l.All()), MaxPerAuthor-1; got != want {
		t.Errorf("%d are kept after forgetting, want %d", got, want)
	}
}
