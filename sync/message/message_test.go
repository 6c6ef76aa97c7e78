package message_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/dagcbor"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/sync/message"
)

// world holds one of each thing that messages carry.
type world struct {
	genesis   *dag.Genesis
	domain    *dag.Domain
	blocks    []*dag.Block
	batches   []*dag.Batch
	commit    *dag.Commit
	cosign    *checkpoint.Cosignature
	certified *checkpoint.Certified
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	g, nodes, members := dagtest.Genesis(4)
	p := dagtest.Parse(tb, 4, "a1 b1 c1 d1 <-; a2 b2 c2 <- *")
	w := &world{
		genesis: g, domain: g.Domain(), blocks: p.Blocks,
		batches: dagtest.Lane(tb, g, nodes[0], dag.LaneReadings, 0, 1, 3),
	}
	w.commit = (&dag.Commit{
		Epoch: g.Epoch(), Index: 1, Leader: p.Blocks[0].Ref(), Time: 1000, Present: []byte{0xf},
		Cut: []dag.CutChange{{Lane: w.batches[0].Lane, Seq: 1, Batches: []dag.BatchID{w.batches[0].ID()}}},
	}).Seal()
	c := checkpoint.Checkpoint{
		Origin: checkpoint.Origin(g.Ledger()), Size: 3, Root: dag.Digest{1}, Epoch: g.Epoch(),
		Commit: 1, CommitID: w.commit.ID(), LeaderRound: 1, Time: 1000,
	}
	var cosignatures []*checkpoint.Cosignature
	for i, key := range members {
		cosignatures = append(cosignatures, checkpoint.Sign(key, c, dag.Author(i), 1))
	}
	w.cosign = cosignatures[0]
	var err error
	if w.certified, err = checkpoint.Certify(cosignatures); err != nil {
		tb.Fatal(err)
	}
	return w
}

// all returns a message of each kind.
func (w *world) all() []message.Message {
	tip := message.LaneTip{Lane: w.batches[1].Lane, Seq: 2, Batch: w.batches[1].ID()}
	return []message.Message{
		&message.Blocks{Blocks: w.blocks},
		&message.Batches{Batches: w.batches},
		&message.Cosign{Cosignature: w.cosign},
		&message.Tips{
			Highest: []dag.Round{2, 2, 2, 1}, Newest: w.blocks[4], Cosignature: w.cosign, Certified: w.certified,
			Lanes: []message.LaneTip{tip}, Reply: true,
		},
		&message.Tips{},
		&message.WantBlocks{Refs: []dag.BlockRef{w.blocks[0].Ref(), w.blocks[6].Ref()}},
		&message.WantBatches{Refs: []message.BatchRef{{Lane: tip.Lane, Seq: 2, ID: tip.Batch}}},
		&message.WantLane{Lane: tip.Lane, From: 7, MaxBytes: 1 << 20},
		&message.WantCommits{After: 12},
		&message.Commits{Certified: w.certified, Commits: []*dag.Commit{w.commit}},
	}
}

// sameRaw compares things that are identified by their bytes.
func sameRaw() cmp.Options {
	return cmp.Options{
		cmp.Comparer(func(a, b *dag.Block) bool { return a == b || a != nil && b != nil && bytes.Equal(a.Raw(), b.Raw()) }),
		cmp.Comparer(func(a, b *dag.Batch) bool { return bytes.Equal(a.Raw(), b.Raw()) }),
		cmp.Comparer(func(a, b *dag.Commit) bool { return bytes.Equal(a.Raw(), b.Raw()) }),
		cmpopts.EquateEmpty(),
	}
}

func TestRoundTrip(t *testing.T) {
	w := newWorld(t)
	for _, m := range w.all() {
		raw := message.Encode([]byte("before"), m)
		raw = raw[len("before"):]
		got, err := message.Decode(w.domain.Mesh, raw)
		if err != nil {
			t.Errorf("%s: %v", message.Name(m), err)
			continue
		}
		if diff := cmp.Diff(m, got, sameRaw()); diff != "" {
			t.Errorf("%s: -sent +received\n%s", message.Name(m), diff)
		}
		if size := message.Size(m); size != len(raw) {
			t.Errorf("%s: the size is %d, and it has %d bytes", message.Name(m), size, len(raw))
		}
		if !message.Fits(m, raw) {
			t.Errorf("%s: %d bytes do not fit", message.Name(m), len(raw))
		}
	}
}

// TestSize: heads of every length.
func TestSize(t *testing.T) {
	w := newWorld(t)
	for _, n := range []int{0, 1, 23, 24, 255, 256, 1024} {
		blocks := slices.Repeat(w.blocks[:1], n)
		m := &message.Blocks{Blocks: blocks}
		if got, want := message.Size(m), len(message.Encode(nil, m)); got != want {
			t.Errorf("%d blocks: size %d, want %d", n, got, want)
		}
	}
}

func TestSignaturesAreChecked(t *testing.T) {
	w := newWorld(t)
	want := map[string]int{"blocks": 7, "batches": 2 + 4, "cosign": 1, "tips": 1 + 1 + 4, "commits": 4}
	for i, m := range w.all() {
		checks, err := m.Checks(w.domain, nil)
		if err != nil {
			t.Errorf("%s: %v", message.Name(m), err)
		}
		if got := len(checks); i != 4 && got != want[message.Name(m)] {
			t.Errorf("%s: got %d checks, want %d", message.Name(m), got, want[message.Name(m)])
		}
		dagtest.Verify(t, w.domain, m)
	}
}

func TestSignaturesOfElsewhere(t *testing.T) {
	w := newWorld(t)
	other := *w.domain
	other.Epoch, other.Ledger = dag.EpochID{1}, dag.LedgerID{1}
	for i, m := range w.all() {
		_, err := m.Checks(&other, nil)
		if signed := i < 4 || i == 9; signed != errors.Is(err, dag.ErrDomain) {
			t.Errorf("%s: got %v", message.Name(m), err)
		}
	}
}

func TestMalformed(t *testing.T) {
	w := newWorld(t)
	encode := func(m message.Message) []byte { return message.Encode(nil, m) }
	tip := message.LaneTip{Lane: w.batches[0].Lane, Seq: 1}
	head := func(items, version, kind int) []byte {
		to := dagcbor.AppendArray(nil, items)
		return dagcbor.AppendUint(dagcbor.AppendUint(to, uint64(version)), uint64(kind))
	}
	for _, c := range []struct {
		name string
		raw  []byte
		want error
	}{
		{"nothing", nil, dag.ErrEncoding},
		{"a text", []byte("hello"), dag.ErrEncoding},
		{"version 2", dagcbor.AppendUint(head(3, 2, 8), 1), dag.ErrEncoding},
		{"kind 0", dagcbor.AppendUint(head(3, 1, 0), 1), dag.ErrLimit},
		{"kind 10", dagcbor.AppendUint(head(3, 1, 10), 1), dag.ErrLimit},
		{"one item too many", dagcbor.AppendUint(dagcbor.AppendUint(head(4, 1, 8), 1), 1), dag.ErrEncoding},
		{"one item too few", head(2, 1, 8), dag.ErrEncoding},
		{"a byte after the end", append(encode(&message.WantCommits{After: 1}), 0), dag.ErrEncoding},
		{"cut short", encode(&message.Blocks{Blocks: w.blocks})[:900], dag.ErrEncoding},
		{"a number in a long form", append(head(3, 1, 8), 0x18, 1), dag.ErrEncoding},
		{"a list longer than the message", dagcbor.AppendArray(head(3, 1, 5), 1000), dag.ErrEncoding},
		{"too many wants", encode(&message.WantBlocks{Refs: make([]dag.BlockRef, message.MaxWants+1)}), dag.ErrLimit},
		{"too many authors", encode(&message.Tips{Highest: make([]dag.Round, dag.MaxCommittee+1)}), dag.ErrLimit},
		{"too high a round", encode(&message.Tips{Highest: []dag.Round{dag.MaxCounter + 1}}), dag.ErrLimit},
		{"an author beyond any committee", encode(&message.WantBlocks{Refs: []dag.BlockRef{{Author: dag.MaxCommittee}}}), dag.ErrLimit},
		{"a lane twice", encode(&message.Tips{Lanes: []message.LaneTip{tip, tip}}), dag.ErrRule},
		{"reply 2", append(slices.Clip(encode(&message.Tips{}))[:len(encode(&message.Tips{}))-1], 2), dag.ErrLimit},
		{"blocks that are none", append(head(3, 1, 1), 0x81, 0x41, 0), dag.ErrEncoding},
		{"batches for blocks", dagcbor.AppendBytes(append(head(3, 1, 1), 0x81), w.batches[0].Raw()), dag.ErrEncoding},
		{"a kind over its own limit", append(head(3, 1, 3), make([]byte, message.MaxCosignBytes)...), dag.ErrLimit},
		{"longer than any message", make([]byte, message.MaxBytes+1), dag.ErrLimit},
	} {
		if _, err := message.Decode(w.domain.Mesh, c.raw); !errors.Is(err, c.want) {
			t.Errorf("%s: got error %v, want %v", c.name, err, c.want)
		}
	}
}

func TestContentIDIsOfTheBytes(t *testing.T) {
	w := newWorld(t)
	a := message.Encode(nil, &message.Batches{Batches: w.batches})
	b := message.Encode(nil, &message.Batches{Batches: w.batches[:1]})
	if message.ContentID(a) != message.ContentID(slices.Clone(a)) || message.ContentID(a) == message.ContentID(b) {
		t.Error("content id does not follow the bytes")
	}
}

func TestPack(t *testing.T) {
	g, nodes, _ := dagtest.Genesis(1)
	batches := dagtest.Lane(t, g, nodes[0], dag.LaneReadings, 0, 1500, 1500, 1500, 1500, 1500, 1)
	var got []*dag.Batch
	packed := message.PackBatches(batches)
	for i, m := range packed {
		part := m.(*message.Batches)
		raw := message.Encode(nil, m)
		if !message.Fits(m, raw) {
			t.Errorf("message %d has %d bytes", i, len(raw))
		}
		if i > 0 && message.Fits(m, append(raw, part.Batches[0].Raw()...)) && len(part.Batches) == 1 && i < len(packed)-1 {
			t.Errorf("message %d has room left", i)
		}
		got = append(got, part.Batches...)
	}
	if !slices.Equal(batches, got) {
		t.Error("packing lost or moved a batch")
	}
	if len(packed) < 2 || len(packed) > len(batches)-1 {
		t.Errorf("%d batches in %d messages", len(batches), len(packed))
	}
	if message.PackBlocks(nil) != nil {
		t.Error("no blocks make a message")
	}
}

func TestRequestsRoundTripWhatever(t *testing.T) {
	mesh := dag.MeshID{}
	rapid.Check(t, func(t *rapid.T) {
		counter := rapid.Uint64Range(0, dag.MaxCounter)
		key := rapid.Custom(func(t *rapid.T) (k dag.PublicKey) {
			copy(k[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key"))
			return k
		})
		lane := rapid.Custom(func(t *rapid.T) dag.LaneID {
			return dag.LaneID{Key: key.Draw(t, "lane"), Number: dag.LaneNumber(rapid.Uint32().Draw(t, "number"))}
		})
		tips := &message.Tips{Reply: rapid.Bool().Draw(t, "reply")}
		for _, r := range rapid.SliceOfN(counter, 0, dag.MaxCommittee).Draw(t, "highest") {
			tips.Highest = append(tips.Highest, dag.Round(r))
		}
		for _, l := range rapid.SliceOfNDistinct(lane, 0, 20, func(l dag.LaneID) dag.LaneID { return l }).Draw(t, "lanes") {
			tips.Lanes = append(tips.Lanes, message.LaneTip{Lane: l, Seq: dag.Seq(counter.Draw(t, "seq"))})
		}
		slices.SortFunc(tips.Lanes, func(a, b message.LaneTip) int { return a.Lane.Compare(b.Lane) })
		want := &message.WantLane{Lane: lane.Draw(t, "want"), From: dag.Seq(counter.Draw(t, "from")), MaxBytes: rapid.Uint32().Draw(t, "max")}
		for _, m := range []message.Message{tips, want} {
			got, err := message.Decode(mesh, message.Encode(nil, m))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(m, got, sameRaw()); diff != "" {
				t.Fatalf("-sent +received\n%s", diff)
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	w := newWorld(f)
	for _, m := range w.all() {
		f.Add(message.Encode(nil, m))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := message.Decode(w.domain.Mesh, raw)
		if err != nil {
			if !errors.Is(err, dag.ErrEncoding) && !errors.Is(err, dag.ErrLimit) && !errors.Is(err, dag.ErrRule) {
				t.Fatalf("error of no kind: %v", err)
			}
			return
		}
		if again := message.Encode(nil, m); !bytes.Equal(raw, again) {
			t.Fatalf("decoded %x, encodes to %x", raw, again)
		}
		_, _ = m.Checks(w.domain, nil) // must not panic
	})
}

func BenchmarkDecodeBatches(b *testing.B) {
	g, nodes, _ := dagtest.Genesis(1)
	m := &message.Batches{Batches: dagtest.Lane(b, g, nodes[0], dag.LaneReadings, 0, 100)}
	raw := message.Encode(nil, m)
	mesh := g.ID()
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := message.Decode(mesh, raw); err != nil {
			b.Fatal(err)
		}
	}
}
