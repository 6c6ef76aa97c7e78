package dag_test

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagcbor"
)

func commit() *dag.Commit {
	return &dag.Commit{
		Epoch: digest[dag.EpochID](1), Index: 7, Prev: digest[dag.CommitID](1), Leader: ref(9, 3),
		Time: 1_700_000_000_000, Present: []byte{0x0f, 0},
		Cut: []dag.CutChange{
			{Lane: lane(1), Seq: 2, Batches: []dag.BatchID{{1}, {2}}},
			{Lane: lane(2), Seq: 1 << 40, Batches: []dag.BatchID{{3}}},
		},
	}
}

func TestCommitRoundTrip(t *testing.T) {
	full := commit()
	full.Present, full.Cut = make([]byte, dag.MaxPresentBytes), nil
	for i := range dag.MaxCutLanes {
		full.Cut = append(full.Cut, dag.CutChange{Lane: dag.LaneID{Number: dag.LaneNumber(i)}, Seq: 9, Batches: make([]dag.BatchID, 2)})
	}
	for name, want := range map[string]*dag.Commit{
		"everything": commit(), "full lists": full, "first": {Index: 1, Leader: ref(1, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			strictly(t, want.Seal().Raw())
			c, err := dag.DecodeCommit(want.Raw())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, c, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(dag.Commit{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if c.ID() != want.ID() || c.ID() != dag.CommitID(sha256.Sum256(c.Raw())) {
				t.Errorf("id %s is not the digest of the bytes", c.ID())
			}
		})
	}
}

func TestDecodeCommitRefuses(t *testing.T) {
	raw := commit().Seal().Raw()
	cases := []refused{
		{"empty", nil, dag.ErrEncoding},
		{"trailing byte", append(bytes.Clone(raw), 0), dag.ErrEncoding},
		{"cut", raw[:len(raw)-1], dag.ErrEncoding},
		{"another version", replaced(t, raw, "\x88\x01", "\x88\x02"), dag.ErrEncoding},
		{"too large", make([]byte, dag.MaxCommitBytes+1), dag.ErrLimit},
	}
	for _, c := range []struct {
		name   string
		change func(c *dag.Commit)
		want   error
	}{
		{"index 0", func(c *dag.Commit) { c.Index, c.Prev = 0, dag.CommitID{} }, dag.ErrLimit},
		{"leader of round 0", func(c *dag.Commit) { c.Leader.Round = 0 }, dag.ErrLimit},
		{"first with prev", func(c *dag.Commit) { c.Index = 1 }, dag.ErrRule},
		{"later without prev", func(c *dag.Commit) { c.Prev = dag.CommitID{} }, dag.ErrRule},
		{"time before 1970", func(c *dag.Commit) { c.Time = -1 }, dag.ErrLimit},
		{"too many presence bits", func(c *dag.Commit) { c.Present = make([]byte, dag.MaxPresentBytes+1) }, dag.ErrLimit},
		{"lanes out of order", func(c *dag.Commit) { c.Cut[0], c.Cut[1] = c.Cut[1], c.Cut[0] }, dag.ErrRule},
		{"a lane twice", func(c *dag.Commit) { c.Cut[1].Lane = c.Cut[0].Lane }, dag.ErrRule},
		{"a lane that does not move", func(c *dag.Commit) { c.Cut[0].Batches = nil }, dag.ErrRule},
		{"more batches than seq", func(c *dag.Commit) { c.Cut[0].Seq = 1 }, dag.ErrRule},
		{"too many batches of a lane", func(c *dag.Commit) { c.Cut[0].Batches = make([]dag.BatchID, dag.MaxAckBatches+1) }, dag.ErrLimit},
		{"too many batches", func(c *dag.Commit) { c.Cut = manyChanges(49, 64) }, dag.ErrLimit},
		{"too many lanes", func(c *dag.Commit) { c.Cut = manyChanges(dag.MaxCutLanes+1, 1) }, dag.ErrLimit},
	} {
		changed := commit()
		c.change(changed)
		cases = append(cases, refused{c.name, changed.Seal().Raw(), c.want})
	}
	check(t, cases, dag.DecodeCommit)
}

func manyChanges(lanes, batches int) (cut []dag.CutChange) {
	for i := range lanes {
		l := dag.LaneID{Number: dag.LaneNumber(i)}
		cut = append(cut, dag.CutChange{Lane: l, Seq: 100, Batches: make([]dag.BatchID, batches)})
	}
	return cut
}

func TestOutcome(t *testing.T) {
	want := &dag.Outcome{Commit: digest[dag.CommitID](1), FirstLeaf: 1 << 40, Records: 1<<32 - 1, StateDigest: dag.Digest{2}}
	raw := want.Encode()
	strictly(t, raw)
	got, err := dag.DecodeOutcome(raw)
	if err != nil || *got != *want {
		t.Fatalf("decoded %+v, %v", got, err)
	}
	link := string(dagcbor.AppendLink(nil, want.Commit))
	check(t, []refused{
		{"empty", nil, dag.ErrEncoding},
		{"trailing byte", append(bytes.Clone(raw), 0), dag.ErrEncoding},
		{"another version", replaced(t, raw, "\x86\x01", "\x86\x02"), dag.ErrEncoding},
		{"a committee", replaced(t, raw, "\xf6", "\x80"), dag.ErrEncoding},
		{"no commit", replaced(t, raw, link, "\xf6"), dag.ErrEncoding},
		{"leaf over the bound", replaced(t, raw, "\x1b\x00\x00\x01", "\x1b\x01\x00\x01"), dag.ErrLimit},
		{"records over 32 bits", replaced(t, raw, "\x1a\xff\xff\xff\xff", "\x1b\x00\x00\x00\x01\x00\x00\x00\x00"), dag.ErrLimit},
	}, dag.DecodeOutcome)
}
