package hotstuff

import (
	"crypto/sha256"
	"fmt"

	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagcbor"
)

// Block is what the leader of a view proposes: to extend the block that Justify
// certifies by what of the lanes is to be final next. Immutable once signed.
//
// Encoding: [[epoch, view, author, justify, [[[key, number], seq, [digest…]]…]], signature].
// Its id is the digest of all of it.
type Block struct {
	View      View
	Author    dag.Author
	Justify   *Certificate
	Cut       []dag.CutChange // lanes in key order
	Signature dag.Signature
	raw       []byte
	id        dag.BlockID
}

// signBlock makes a block.
func signBlock(epoch dag.EpochID, b Block, key dag.PrivateKey) *Block {
	body := b.body(epoch)
	b.Signature = key.Sign(append([]byte(blockDomain), body...))
	b.raw = dagcbor.AppendArray(nil, 2)
	b.raw = append(b.raw, body...)
	b.raw = dagcbor.AppendBytes(b.raw, b.Signature[:])
	b.id = sha256.Sum256(b.raw)
	return &b
}

func (b *Block) body(epoch dag.EpochID) []byte {
	to := dagcbor.AppendArray(nil, 5)
	to = dagcbor.AppendBytes(to, epoch[:])
	to = dagcbor.AppendUint(to, uint64(b.View))
	to = dagcbor.AppendUint(to, uint64(b.Author))
	to = b.Justify.appendTo(to)
	to = dagcbor.AppendArray(to, len(b.Cut))
	for i := range b.Cut {
		c := &b.Cut[i]
		to = dagcbor.AppendArray(to, 3)
		to = dagcbor.AppendArray(to, 2)
		to = dagcbor.AppendBytes(to, c.Lane.Key[:])
		to = dagcbor.AppendUint(to, uint64(c.Lane.Number))
		to = dagcbor.AppendUint(to, uint64(c.Seq))
		to = dagcbor.AppendArray(to, len(c.Batches))
		for _, id := range c.Batches {
			to = dagcbor.AppendBytes(to, id[:])
		}
	}
	return to
}

// Ref names the block.
func (b *Block) Ref() dag.BlockRef { return dag.BlockRef{Round: b.View, Author: b.Author, ID: b.id} }

// Checks implements dag.Signed: its leader's signature and those of its certificate.
func (b *Block) Checks(d *dag.Domain, to []dag.Check) ([]dag.Check, error) {
	if b.View < 1 || b.Justify.view() >= b.View {
		return to, fmt.Errorf("%w: block of view %d on one of view %d", dag.ErrRule, b.View, b.Justify.view())
	}
	to, err := check(d, b.Author, append([]byte(blockDomain), b.body(d.Epoch)...), b.Signature, to)
	if err != nil {
		return to, err
	}
	return b.Justify.Checks(d, to)
}

// commit returns the commit that the block is if it becomes final, and the state
// after it: a pure function of the block and what it extends. The error wraps order.ErrCommit.
func (b *Block) commit(before *order.State) (*dag.Commit, *order.State, error) {
	present := b.Justify.voters()
	present.Add(b.Author)
	c := &dag.Commit{
		Epoch:   before.Rules.Epoch,
		Index:   before.Index + 1,
		Prev:    before.Last,
		Leader:  b.Ref(),
		Time:    max(before.Time, b.Justify.clock()),
		Present: present.Bytes(before.Rules.Members),
		Cut:     b.Cut,
	}
	c.Seal()
	after := before.Clone()
	if err := after.Apply(c); err != nil {
		return nil, nil, err
	}
	return c, after, nil
}
