package order

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/dag"
)

const leaderDomain = "floormesh/leaders/v1\x00"

// Rotation is the schedule of leaders: in each run of n rounds every member
// leads once, in an order drawn for that run from the epoch's id; the slots of
// members passed over go to the next in that order.
type Rotation struct {
	epoch      dag.EpochID
	n          int
	passedOver consensus.Set
	runs       [rotations]run
}

// run is the order of leaders in rounds number·n+1 … number·n+n.
type run struct {
	number uint64
	order  []dag.Author // nil: not computed
}

// NewRotation returns the rotation of a committee of n. passedOver must leave somebody.
func NewRotation(epoch dag.EpochID, n int, passedOver consensus.Set) *Rotation {
	return &Rotation{epoch: epoch, n: n, passedOver: passedOver}
}

// Leader returns the leader of a round. Round 0 has none.
func (t *Rotation) Leader(r dag.Round) (dag.Author, bool) {
	if r == 0 {
		return 0, false
	}
	number, position := uint64(r-1)/uint64(t.n), int(uint64(r-1)%uint64(t.n))
	order := t.order(number)
	for i := range t.n {
		if a := order[(position+i)%t.n]; !t.passedOver.Has(a) {
			return a, true
		}
	}
	return 0, false
}

// Own returns the same schedule for somebody else to ask: what is drawn is remembered, and a
// State that many share must not change.
func (t *Rotation) Own() *Rotation { return NewRotation(t.epoch, t.n, t.passedOver) }

// PassedOver returns the members that do not lead.
func (t *Rotation) PassedOver() consensus.Set { return t.passedOver }

func (t *Rotation) order(number uint64) []dag.Author {
	c := &t.runs[number%rotations]
	if c.order == nil || c.number != number {
		*c = run{number, permutation(t.epoch, number, t.n)}
	}
	return c.order
}

// permutation shuffles the authors below n (Fisher and Yates, from the top)
// with the SHA-256 of (epoch, number, counter) as its dice.
func permutation(epoch dag.EpochID, number uint64, n int) []dag.Author {
	order := make([]dag.Author, n)
	for i := range order {
		order[i] = dag.Author(i)
	}
	d := newDice(epoch, number)
	for i := n - 1; i > 0; i-- {
		j := d.below(uint32(i + 1))
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// dice yields numbers from SHA-256(domain ‖ epoch ‖ number ‖ counter), counter
// from 0, eight big-endian 32-bit words a digest.
type dice struct {
	input []byte // the counter is its last four bytes
	words []byte // not used yet
	count uint32
}

func newDice(epoch dag.EpochID, number uint64) *dice {
	input := append([]byte(leaderDomain), epoch[:]...)
	input = binary.BigEndian.AppendUint64(input, number)
	return &dice{input: binary.BigEndian.AppendUint32(input, 0)}
}

// below returns a number below k, each with the same chance: words from the
// incomplete last run of k are thrown again.
func (d *dice) below(k uint32) uint32 {
	for {
		word := d.word()
		if fair := uint64(1<<32) - uint64(1<<32)%uint64(k); uint64(word) < fair {
			return word % k
		}
	}
}

func (d *dice) word() uint32 {
	if len(d.words) == 0 {
		binary.BigEndian.PutUint32(d.input[len(d.input)-4:], d.count)
		sum := sha256.Sum256(d.input)
		d.words, d.count = sum[:], d.count+1
	}
	word := binary.BigEndian.Uint32(d.words)
	d.words = d.words[4:]
	return word
}
