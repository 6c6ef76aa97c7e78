package dag_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
)

func lane(i byte) dag.LaneID { return dag.LaneID{Key: digest[dag.PublicKey](i), Number: 4} }

func ref(round dag.Round, author dag.Author) dag.BlockRef {
	return dag.BlockRef{Round: round, Author: author, ID: digest[dag.BlockID](byte(author))}
}

// body is a block of author 1 in round 5 with everything in it.
func body() dag.BlockBody {
	return dag.BlockBody{
		Epoch: digest[dag.EpochID](1), Round: 5, Author: 1, Base: digest[dag.CommitID](1),
		Parents: []dag.BlockRef{ref(3, 1), ref(4, 0), ref(4, 2), ref(4, 127)},
		Acks: []dag.Ack{
			{Lane: lane(1), First: 1, Batches: []dag.BatchID{{1}, {2}}},
			{Lane: lane(2), First: 1 << 40, Batches: []dag.BatchID{{3}}},
		},
		ClaimedAt: 1_700_000_000_000,
	}
}

func TestBlockRoundTrip(t *testing.T) {
	full := body()
	full.Parents, full.Acks = full.Parents[:1], nil
	for author := range dag.Author(dag.MaxCommittee) {
		if author != full.Author {
			full.Parents = append(full.Parents, ref(4, author))
		}
	}
	for i := range dag.MaxAckLanes {
		n := dag.MaxBlockBatches / dag.MaxAckLanes
		l := lane(byte(i))
		l.Key[2] = byte(i >> 8)
		full.Acks = append(full.Acks, dag.Ack{Lane: l, First: dag.MaxCounter - dag.Seq(n), Batches: make([]dag.BatchID, n)})
	}
	slices.SortFunc(full.Acks, func(a, b dag.Ack) int { return a.Lane.Compare(b.Lane) })
	ownless, early, first := body(), body(), dag.BlockBody{Round: 1}
	ownless.Parents = ownless.Parents[1:]
	early.ClaimedAt = -5
	for name, want := range map[string]dag.BlockBody{
		"everything": body(), "first": first, "full lists": full, "no own parent": ownless, "clock before 1970": early,
	} {
		t.Run(name, func(t *testing.T) {
			signed := dag.SignBlock(digest[dag.LedgerID](1), want, dagtest.DeviceKey(1))
			strictly(t, signed.Raw())
			b, err := dag.DecodeBlock(signed.Raw())
			if err != nil {
				t.Fatal(err)
			}
			want.ClaimedAt = max(want.ClaimedAt, 0)
			if diff := cmp.Diff(want, b.BlockBody, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if b.ID() != dag.BlockID(sha256.Sum256(b.Raw())) || b.ID() != signed.ID() {
				t.Errorf("id %s is not the digest of the bytes", b.ID())
			}
			if got, want := b.Ref(), (dag.BlockRef{Round: want.Round, Author: want.Author, ID: b.ID()}); got != want {
				t.Errorf("ref %v, want %v", got, want)
			}
		})
	}
}

func TestDecodeBlockRefuses(t *testing.T) {
	raw := dag.SignBlock(digest[dag.LedgerID](1), body(), dagtest.DeviceKey(1)).Raw()
	cases := []refused{
		{"empty", nil, dag.ErrEncoding},
		{"trailing byte", append(bytes.Clone(raw), 0), dag.ErrEncoding},
		{"cut", raw[:len(raw)-1], dag.ErrEncoding},
		{"another version", replaced(t, raw, "\x82\x88\x01", "\x82\x88\x02"), dag.ErrEncoding},
		{"too large", make([]byte, dag.MaxBlockBytes+1), dag.ErrLimit},
	}
	for _, c := range []struct {
		name   string
		change func(b *dag.BlockBody)
		want   error
	}{
		{"round 0", func(b *dag.BlockBody) { b.Round, b.Parents = 0, nil }, dag.ErrLimit},
		{"round over the bound", func(b *dag.BlockBody) { b.Round = dag.MaxCounter + 1 }, dag.ErrLimit},
		{"author over the bound", func(b *dag.BlockBody) { b.Author = dag.MaxCommittee }, dag.ErrLimit},
		{"parents in round 1", func(b *dag.BlockBody) { b.Round, b.Parents = 1, []dag.BlockRef{ref(0, 1)} }, dag.ErrRule},
		{"own parent of round 0", func(b *dag.BlockBody) { b.Parents[0].Round = 0 }, dag.ErrRule},
		{"own parent of the same round", func(b *dag.BlockBody) { b.Parents[0].Round = 5 }, dag.ErrRule},
		{"own parent not first", func(b *dag.BlockBody) { b.Parents[0], b.Parents[1] = ref(4, 0), ref(4, 1) }, dag.ErrRule},
		{"two own parents", func(b *dag.BlockBody) { b.Parents[1] = ref(4, 1) }, dag.ErrRule},
		{"another's older parent", func(b *dag.BlockBody) { b.Parents[2].Round = 3 }, dag.ErrRule},
		{"another's parent of the same round", func(b *dag.BlockBody) { b.Parents[2].Round = 5 }, dag.ErrRule},
		{"two parents of one author", func(b *dag.BlockBody) { b.Parents[2].Author = 0 }, dag.ErrRule},
		{"parents out of order", func(b *dag.BlockBody) { b.Parents[1], b.Parents[2] = b.Parents[2], b.Parents[1] }, dag.ErrRule},
		{"parent's author over the bound", func(b *dag.BlockBody) { b.Parents[3].Author = dag.MaxCommittee }, dag.ErrLimit},
		{"too many parents", func(b *dag.BlockBody) { b.Parents = make([]dag.BlockRef, dag.MaxCommittee+1) }, dag.ErrLimit},
		{"lanes out of order", func(b *dag.BlockBody) { b.Acks[0], b.Acks[1] = b.Acks[1], b.Acks[0] }, dag.ErrRule},
		{"a lane twice", func(b *dag.BlockBody) { b.Acks[1].Lane = b.Acks[0].Lane }, dag.ErrRule},
		{"nothing acked", func(b *dag.BlockBody) { b.Acks[0].Batches = nil }, dag.ErrRule},
		{"first 0", func(b *dag.BlockBody) { b.Acks[0].First = 0 }, dag.ErrLimit},
		{"last over the bound", func(b *dag.BlockBody) { b.Acks[0].First = dag.MaxCounter }, dag.ErrLimit},
		{"too many batches of a lane", func(b *dag.BlockBody) { b.Acks[0].Batches = make([]dag.BatchID, dag.MaxAckBatches+1) }, dag.ErrLimit},
		{"too many batches", func(b *dag.BlockBody) { b.Acks = manyAcks(17, 64) }, dag.ErrLimit},
		{"too many lanes", func(b *dag.BlockBody) { b.Acks = manyAcks(dag.MaxAckLanes+1, 1) }, dag.ErrLimit},
	} {
		changed := body()
		c.change(&changed)
		cases = append(cases, refused{c.name, dag.SignBlock(dag.LedgerID{}, changed, dagtest.DeviceKey(1)).Raw(), c.want})
	}
	check(t, cases, dag.DecodeBlock)
}

func manyAcks(lanes, batches int) (acks []dag.Ack) {
	for i := range lanes {
		l := dag.LaneID{Number: dag.LaneNumber(i)}
		acks = append(acks, dag.Ack{Lane: l, First: 1, Batches: make([]dag.BatchID, batches)})
	}
	return acks
}

// TestBlockHoldsToItsDomain: of the right epoch and ledger, by a member.
func TestBlockHoldsToItsDomain(t *testing.T) {
	p := dagtest.Parse(t, 4, "a1 b1 c1 d1 <-; d2 <- *")
	b := p.Block(t, "d2")
	if err := verifyOne(p.Domain, b); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(d *dag.Domain)
		want   error
	}{
		{"another epoch", func(d *dag.Domain) { d.Epoch = digest[dag.EpochID](9) }, dag.ErrDomain},
		{"a smaller committee", func(d *dag.Domain) { d.Members = d.Members[:3] }, dag.ErrDomain},
		{"another ledger", func(d *dag.Domain) { d.Ledger = digest[dag.LedgerID](9) }, dag.ErrSignature},
		{"another member", func(d *dag.Domain) {
			d.Members = append(d.Members[:3:3], dagtest.DeviceKey(1).Public())
		}, dag.ErrSignature},
	} {
		d := *p.Domain
		c.change(&d)
		if err := verifyOne(&d, b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}
