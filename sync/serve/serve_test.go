package serve_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
	"github.com/floormesh/floormesh/sync/serve"
)

func fill(t *testing.T, w *store.Write) *store.Memory {
	t.Helper()
	s := store.NewMemory()
	if err := s.Apply(w); err != nil {
		t.Fatal(err)
	}
	return s
}

func answer(t *testing.T, s store.Reader, request message.Message) []message.Message {
	t.Helper()
	out, err := serve.Answer(s, request)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range out {
		if raw := message.Encode(nil, m); !message.Fits(m, raw) {
			t.Errorf("%s of %d bytes", message.Name(m), len(raw))
		}
	}
	return out
}

func TestWantBlocks(t *testing.T) {
	p := dagtest.Parse(t, 4, "a1 b1 c1 d1 <-; a2 b2 c2 <- *")
	s := fill(t, &store.Write{Blocks: p.Blocks})
	a2, a1 := p.Block(t, "a2"), p.Block(t, "a1")
	unknown := dag.BlockRef{Round: 9, ID: dag.BlockID{9}}
	got := answer(t, s, &message.WantBlocks{Refs: []dag.BlockRef{a2.Ref(), unknown, a1.Ref()}})
	if len(got) != 1 {
		t.Fatalf("got %d messages, want 1", len(got))
	}
	blocks := got[0].(*message.Blocks).Blocks
	if len(blocks) != 2 || blocks[0].ID() != a1.ID() || blocks[1].ID() != a2.ID() {
		t.Errorf("got %d blocks, want a1 before a2", len(blocks))
	}
	if got := answer(t, s, &message.WantBlocks{Refs: []dag.BlockRef{unknown}}); got != nil {
		t.Errorf("an unknown block was answered with %v", got)
	}
}

// large returns a lane of batches of 260 kB each.
func large(t *testing.T, n int) (batches []*dag.Batch) {
	t.Helper()
	g, nodes, _ := dagtest.Genesis(1)
	sizes := make([]int, n)
	for i := range sizes {
		sizes[i] = 1200
	}
	return dagtest.Lane(t, g, nodes[0], dag.LaneReadings, 0, sizes...)
}

func size(out []message.Message) (batches []*dag.Batch, bytes int) {
	for _, m := range out {
		for _, b := range m.(*message.Batches).Batches {
			batches = append(batches, b)
			bytes += len(b.Raw())
		}
	}
	return batches, bytes
}

func TestWantBatchesIsBounded(t *testing.T) {
	batches := large(t, 12)
	s := fill(t, &store.Write{Batches: batches})
	want := &message.WantBatches{}
	for _, b := range slices.Backward(batches) {
		want.Refs = append(want.Refs, message.BatchRef{Lane: b.Lane, Seq: b.Seq, ID: b.ID()})
	}
	got, bytes := size(answer(t, s, want))
	if bytes > serve.MaxAnswerBytes || bytes < serve.MaxAnswerBytes/2 {
		t.Errorf("answer has %d bytes", bytes)
	}
	first := batches[len(batches)-len(got):] // what was asked for first, in order of seq
	if !slices.Equal(got, first) {
		t.Errorf("got %d batches from seq %d", len(got), got[0].Seq)
	}
}

func TestWantLane(t *testing.T) {
	batches := large(t, 12)
	s := fill(t, &store.Write{Batches: batches})
	lane := batches[0].Lane
	for _, c := range []struct {
		name     string
		from     dag.Seq
		maxBytes uint32
		least    int
		most     int
	}{
		{"at least one", 3, 1, 1, 1},
		{"as many as asked for", 3, 600_000, 2, 3},
		{"no more than an answer holds", 1, 1 << 31, 4, 8},
		{"to the end", 11, 1 << 31, 2, 2},
		{"beyond the end", 13, 1 << 20, 0, 0},
	} {
		got, bytes := size(answer(t, s, &message.WantLane{Lane: lane, From: c.from, MaxBytes: c.maxBytes}))
		if len(got) < c.least || len(got) > c.most || bytes > serve.MaxAnswerBytes {
			t.Errorf("%s: got %d batches, %d bytes", c.name, len(got), bytes)
			continue
		}
		for i, b := range got {
			if want := c.from + dag.Seq(i); b.Seq != want {
				t.Errorf("%s: got seq %d, want %d", c.name, b.Seq, want)
			}
		}
	}
}

func TestWantCommits(t *testing.T) {
	g, _, members := dagtest.Genesis(1)
	w := &store.Write{}
	var prev dag.CommitID
	for i := range 3 {
		c := (&dag.Commit{
			Epoch: g.Epoch(), Index: dag.CommitIndex(i + 1), Prev: prev,
			Leader: dag.BlockRef{Round: dag.Round(i + 1)}, Time: 1000, Present: []byte{1},
		}).Seal()
		w.Executed = append(w.Executed, &store.Executed{Commit: c, Outcome: &dag.Outcome{Commit: c.ID()}})
		prev = c.ID()
	}
	second := w.Executed[1].Commit
	signed := checkpoint.Sign(members[0], checkpoint.Checkpoint{
		Origin: checkpoint.Origin(g.Ledger()), Epoch: g.Epoch(), Commit: second.Index, CommitID: second.ID(),
	}, 0, 0)
	certified, err := checkpoint.Certify([]*checkpoint.Cosignature{signed})
	if err != nil {
		t.Fatal(err)
	}
	w.Certified = []*checkpoint.Certified{certified}
	s := fill(t, w)

	got := answer(t, s, &message.WantCommits{After: 0})
	if len(got) != 1 {
		t.Fatalf("got %d messages, want 1", len(got))
	}
	m := got[0].(*message.Commits)
	if len(m.Commits) != 2 || m.Commits[1].ID() != second.ID() || m.Certified.CommitID != second.ID() {
		t.Errorf("got %d commits up to %s", len(m.Commits), m.Certified.CommitID)
	}
	if got := answer(t, s, &message.WantCommits{After: 2}); got != nil {
		t.Errorf("commits beyond the certified ones were served: %v", got)
	}
}

func TestNoRequestNoAnswer(t *testing.T) {
	if got := answer(t, store.NewMemory(), &message.Tips{}); got != nil {
		t.Errorf("tips were answered with %v", got)
	}
}

// failing is a store whose disk is broken.
type failing struct{ store.Reader }

var errDisk = errors.New("disk")

func (failing) Batches([]dag.BatchID) ([]*dag.Batch, error)         { return nil, errDisk }
func (failing) Lane(dag.LaneID, dag.Seq, int) ([]*dag.Batch, error) { return nil, errDisk }
func (failing) Blocks([]dag.BlockRef) ([]*dag.Block, error)         { return nil, errDisk }
func (failing) Commits(dag.CommitIndex, int) (*checkpoint.Certified, []*dag.Commit, error) {
	return nil, nil, errDisk
}

func TestStoreErrorComesThrough(t *testing.T) {
	for _, m := range []message.Message{
		&message.WantBlocks{Refs: make([]dag.BlockRef, 1)},
		&message.WantBatches{Refs: make([]message.BatchRef, 1)},
		&message.WantLane{MaxBytes: 1},
		&message.WantCommits{},
	} {
		if _, err := serve.Answer(failing{}, m); !errors.Is(err, errDisk) {
			t.Errorf("%s: got error %v", message.Name(m), err)
		}
	}
}
