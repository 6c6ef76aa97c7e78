package dag

import (
	"crypto/sha256"
	"fmt"

	"github.com/floormesh/floormesh/dag/dagcbor"
)

// BlockRef points at a block.
type BlockRef struct {
	Round  Round
	Author Author
	ID     BlockID
}

// Ack is "I durably hold these batches of this lane": consecutive, from First.
type Ack struct {
	Lane    LaneID
	First   Seq
	Batches []BatchID
}

// Last returns the seq of the last of them.
func (a *Ack) Last() Seq { return a.First + Seq(len(a.Batches)) - 1 }

// BlockBody is what a member signs.
type BlockBody struct {
	Epoch     EpochID
	Round     Round
	Author    Author
	Base      CommitID   // the last commit its author emitted, zero if none; a hint
	Parents   []BlockRef // own previous block first, then one per other author of round-1, by author
	Acks      []Ack      // by lane
	ClaimedAt UnixMilli
}

// Block is one member's vertex in one round. Immutable.
//
// Encoding: [body, signature], body = [1, epoch, round, author, base, [[round, author, link]…],
// [[[key, number], first, [digest…]]…], time ms]; links are CIDs (tag 42).
type Block struct {
	BlockBody
	Signature Signature // over "floormesh/block/v1\x00" ‖ ledger id ‖ body bytes
	raw       []byte
	body      []byte // aliases raw
	id        BlockID
}

const blockDomain = "floormesh/block/v1\x00"

// SignBlock signs body with the member's key of this epoch. The block owns
// body's slices from then on. What DecodeBlock refuses is the caller's to avoid;
// ClaimedAt alone is moved into 0…MaxUnixMilli.
func SignBlock(ledger LedgerID, body BlockBody, key PrivateKey) *Block {
	body.ClaimedAt = body.ClaimedAt.clamp()
	message := body.appendTo(appendBlockOpening(make([]byte, 0, len(blockDomain)+len(ledger)+body.encodedBytes()), ledger))
	signature := key.Sign(message)
	encoded := message[len(blockDomain)+len(ledger):]
	raw := make([]byte, 0, 1+len(encoded)+2+len(signature))
	raw = dagcbor.AppendArray(raw, 2)
	raw = append(raw, encoded...)
	raw = dagcbor.AppendBytes(raw, signature[:])
	return &Block{
		BlockBody: body, Signature: signature,
		raw: raw, body: raw[1 : 1+len(encoded)], id: sha256.Sum256(raw),
	}
}

func blockMessage(ledger LedgerID, body []byte) []byte {
	return append(appendBlockOpening(make([]byte, 0, len(blockDomain)+len(ledger)+len(body)), ledger), body...)
}

func appendBlockOpening(to []byte, ledger LedgerID) []byte {
	return append(append(to, blockDomain...), ledger[:]...)
}

// DecodeBlock parses a block and checks what needs no committee: bounds,
// parents' order and rounds, strictly one parent per author. Whether there are
// enough parents is the consensus's to judge. It keeps raw.
// Errors: ErrEncoding, ErrLimit, ErrRule.
func DecodeBlock(raw []byte) (*Block, error) {
	if len(raw) > MaxBlockBytes {
		return nil, fmt.Errorf("block: %w: %d bytes, at most %d", ErrLimit, len(raw), MaxBlockBytes)
	}
	b := &Block{raw: raw, id: sha256.Sum256(raw)}
	r := dagcbor.NewReader(raw)
	r.Tuple(2)
	start := r.Offset()
	b.BlockBody = readBody(r)
	b.body = r.Since(start)
	r.Exactly(b.Signature[:])
	err := r.Done()
	if err == nil {
		err = b.check()
	}
	if err != nil {
		return nil, fmt.Errorf("block: %w", err)
	}
	return b, nil
}

// ID returns the block's id.
func (b *Block) ID() BlockID { return b.id }

// Ref returns the reference other blocks use.
func (b *Block) Ref() BlockRef { return BlockRef{b.Round, b.Author, b.id} }

// Raw returns the block's bytes; read only.
func (b *Block) Raw() []byte { return b.raw }

// Checks implements Signed. Errors: ErrDomain for another epoch or an author
// that the committee does not have.
func (b *Block) Checks(d *Domain, to []Check) ([]Check, error) {
	if b.Epoch != d.Epoch {
		return to, fmt.Errorf("block %s: %w: epoch %s", b.id, ErrDomain, b.Epoch)
	}
	if int(b.Author) >= len(d.Members) {
		return to, fmt.Errorf("block %s: %w: author %d of %d members", b.id, ErrDomain, b.Author, len(d.Members))
	}
	return append(to, Check{d.Members[b.Author], blockMessage(d.Ledger, b.body), b.Signature}), nil
}

func (b *Block) describeCheck(int) string {
	return fmt.Sprintf("block %s of round %d by author %d", b.id, b.Round, b.Author)
}

// check holds what a well-encoded body must obey.
func (b *BlockBody) check() error {
	if b.Round < 1 {
		return fmt.Errorf("%w: round 0", ErrLimit)
	}
	if err := b.checkParents(); err != nil {
		return err
	}
	return b.checkAcks()
}

// checkParents holds the one order parents may have: the own one, of any
// earlier round, then the others of the round before, by author.
func (b *BlockBody) checkParents() error {
	if b.Round == 1 && len(b.Parents) > 0 {
		return fmt.Errorf("%w: parents in round 1", ErrRule)
	}
	others := b.Parents
	if len(others) > 0 && others[0].Author == b.Author {
		if own := others[0].Round; own < 1 || own >= b.Round {
			return fmt.Errorf("%w: own parent of round %d in round %d", ErrRule, own, b.Round)
		}
		others = others[1:]
	}
	for i, p := range others {
		switch {
		case p.Author == b.Author:
			return fmt.Errorf("%w: own parent at place %d", ErrRule, i)
		case p.Round != b.Round-1:
			return fmt.Errorf("%w: author %d's parent of round %d in round %d", ErrRule, p.Author, p.Round, b.Round)
		case i > 0 && p.Author <= others[i-1].Author:
			return fmt.Errorf("%w: author %d's parent after author %d's", ErrRule, p.Author, others[i-1].Author)
		}
	}
	return nil
}

func (b *BlockBody) checkAcks() error {
	total := 0
	for i, a := range b.Acks {
		if i > 0 && a.Lane.Compare(b.Acks[i-1].Lane) <= 0 {
			return fmt.Errorf("%w: lane %s out of order", ErrRule, a.Lane)
		}
		if len(a.Batches) == 0 {
			return fmt.Errorf("%w: nothing acked of lane %s", ErrRule, a.Lane)
		}
		if a.First < 1 || a.First > MaxCounter-Seq(len(a.Batches)) {
			return fmt.Errorf("%w: first seq %d of lane %s", ErrLimit, a.First, a.Lane)
		}
		total += len(a.Batches)
	}
	if total > MaxBlockBatches {
		return fmt.Errorf("%w: %d batches, at most %d", ErrLimit, total, MaxBlockBatches)
	}
	return nil
}

// encodedBytes returns at most how many bytes appendTo appends.
func (b *BlockBody) encodedBytes() int {
	const (
		number = 9
		digest = 2 + 32
		link   = 9 + 32
		parent = 1 + 2*number + link
		lane   = 1 + digest + number
		rest   = 1 + digest + 7*number + link // with the heads of both lists
	)
	size := rest + len(b.Parents)*parent
	for i := range b.Acks {
		size += 1 + lane + 2*number + len(b.Acks[i].Batches)*digest
	}
	return size
}

func (b *BlockBody) appendTo(to []byte) []byte {
	to = dagcbor.AppendArray(to, 8)
	to = dagcbor.AppendUint(to, formatVersion)
	to = dagcbor.AppendBytes(to, b.Epoch[:])
	to = dagcbor.AppendUint(to, uint64(b.Round))
	to = dagcbor.AppendUint(to, uint64(b.Author))
	to = appendOptionalLink(to, b.Base)
	to = dagcbor.AppendArray(to, len(b.Parents))
	for _, p := range b.Parents {
		to = p.appendTo(to)
	}
	to = dagcbor.AppendArray(to, len(b.Acks))
	for _, a := range b.Acks {
		to = dagcbor.AppendArray(to, 3)
		to = a.Lane.appendTo(to)
		to = dagcbor.AppendUint(to, uint64(a.First))
		to = appendDigests(to, a.Batches)
	}
	return dagcbor.AppendUint(to, uint64(b.ClaimedAt))
}

func readBody(r *dagcbor.Reader) (b BlockBody) {
	r.Tuple(8)
	readVersion(r)
	r.Exactly(b.Epoch[:])
	b.Round = Round(r.Uint(MaxCounter))
	b.Author = readAuthor(r)
	b.Base = r.OptionalLink()
	b.Parents = make([]BlockRef, r.Array(MaxCommittee))
	for i := range b.Parents {
		b.Parents[i] = readRef(r)
	}
	b.Acks = make([]Ack, r.Array(MaxAckLanes))
	for i := range b.Acks {
		r.Tuple(3)
		b.Acks[i].Lane = readLane(r)
		b.Acks[i].First = Seq(r.Uint(MaxCounter))
		b.Acks[i].Batches = readDigests[BatchID](r, MaxAckBatches)
	}
	b.ClaimedAt = readTime(r)
	return b
}

func readAuthor(r *dagcbor.Reader) Author { return Author(r.Uint(MaxCommittee - 1)) }

// appendTo appends [round, author, link].
func (p BlockRef) appendTo(to []byte) []byte {
	to = dagcbor.AppendArray(to, 3)
	to = dagcbor.AppendUint(to, uint64(p.Round))
	to = dagcbor.AppendUint(to, uint64(p.Author))
	return dagcbor.AppendLink(to, p.ID)
}

func readRef(r *dagcbor.Reader) (p BlockRef) {
	r.Tuple(3)
	p.Round = Round(r.Uint(MaxCounter))
	p.Author = readAuthor(r)
	p.ID = r.Link()
	return p
}
