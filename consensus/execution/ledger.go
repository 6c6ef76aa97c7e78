package execution

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/consensus/sethash"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/merkle"
	"github.com/floormesh/floormesh/dag/store"
)

// ledger is what execution has come to after a commit, the window of duplicates
// aside. A shared one never changes once its commit is executed.
type ledger struct {
	head    *order.Head
	log     merkle.Frontier
	root    dag.Digest // of log
	frozen  map[dag.LaneID]bool
	owned   map[dag.PublicKey]int    // how many of an owner's lanes are frozen
	numbers map[dag.PublicKey]uint64 // last administrative number, by signer
	hash    sethash.Set              // of frozen and numbers
	changed bool                     // frozen or numbers, by the last commit

	shared   bool
	executed *store.Executed // the last commit, nil before the first
	next     []*ledger       // of a shared one: what followed so far
	encoded  []byte          // of a shared one, once asked for
}

// newLedger returns an empty one, to be shared if there is a guard for its heads.
func newLedger(f *consensus.Founding, guard order.Guard) *ledger {
	l := &ledger{
		head:   order.NewHead(order.NewState(order.FoundingRules(f)), guard),
		frozen: map[dag.LaneID]bool{}, owned: map[dag.PublicKey]int{}, numbers: map[dag.PublicKey]uint64{},
		shared: guard != nil,
	}
	l.root = l.log.Root()
	return l
}

// after returns the ledger after a commit whose records are not judged yet: l
// itself, or if it is shared another.
func (l *ledger) after(c *dag.Commit) (*ledger, error) {
	head, err := l.head.Next(c)
	if err != nil {
		return nil, err
	}
	next := l
	if l.shared {
		next = l.clone()
		l.next = append(l.next, next)
	}
	next.head, next.changed = head, false
	return next, nil
}

func (l *ledger) clone() *ledger {
	return &ledger{
		log: l.log, root: l.root, shared: l.shared,
		frozen: maps.Clone(l.frozen), owned: maps.Clone(l.owned), numbers: maps.Clone(l.numbers), hash: l.hash.Clone(),
	}
}

// alone returns a ledger that moves independently of l.
func (l *ledger) alone() *ledger {
	own := l.clone()
	own.shared, own.changed, own.executed = false, l.changed, l.executed
	own.head = order.NewHead(l.head.State().Clone(), nil)
	return own
}

func (l *ledger) freeze(lane dag.LaneID) {
	if !l.frozen[lane] {
		l.frozen[lane], l.changed = true, true
		l.owned[lane.Key]++
		l.hash.Add(frozenElement(lane))
	}
}

func (l *ledger) number(signer dag.PublicKey, n uint64) {
	if last := l.numbers[signer]; last > 0 {
		l.hash.Remove(numberElement(signer, last))
	}
	l.numbers[signer], l.changed = n, true
	l.hash.Add(numberElement(signer, n))
}

// digest covers all that later decisions read: the consensus state, frozen
// lanes and administrative numbers.
//
//	SHA-256("floormesh/state/v1\x00" ‖ order state digest ‖ set hash of the rest)
func (l *ledger) digest() dag.Digest {
	state, rest := l.head.State().Digest(), l.hash.Sum()
	to := append([]byte(digestDomain), state[:]...)
	return sha256.Sum256(append(to, rest[:]...))
}

func frozenElement(lane dag.LaneID) []byte {
	to := append([]byte("frozen\x00"), lane.Key[:]...)
	return binary.BigEndian.AppendUint32(to, uint32(lane.Number))
}

func numberElement(signer dag.PublicKey, n uint64) []byte {
	to := append([]byte("number\x00"), signer[:]...)
	return binary.BigEndian.AppendUint64(to, n)
}

// frozenLanes and signers list the maps' keys in order.
func (l *ledger) frozenLanes() []dag.LaneID {
	return slices.SortedFunc(maps.Keys(l.frozen), dag.LaneID.Compare)
}

func (l *ledger) signers() []dag.PublicKey {
	return slices.SortedFunc(maps.Keys(l.numbers), dag.PublicKey.Compare)
}
