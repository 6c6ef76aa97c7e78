package order

import (
	"bytes"
	"errors"
	"fmt"
	"iter"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/dag"
)

// Why Add refuses a vertex.
var (
	// ErrKnown says that the graph holds the block already.
	ErrKnown = errors.New("block is known")
	// ErrBelowFloor says that the block's round is at or below the floor; nothing reads it any more.
	ErrBelowFloor = errors.New("block is at or below the floor")
	// ErrMissingParent says that a parent above the floor is not in the graph.
	ErrMissingParent = errors.New("a parent is missing")
	// ErrMalformed says that no valid block looks like this.
	ErrMalformed = errors.New("malformed block")
)

// Vertex is a block as the graph sees it.
type Vertex struct {
	Ref     dag.BlockRef
	Parents []dag.BlockRef
	Block   *dag.Block // acks and clock reading, for MakeCommit; deciding does not need it
}

// VertexOf returns the vertex of a block, sharing its parents.
func VertexOf(b *dag.Block) *Vertex {
	return &Vertex{Ref: b.Ref(), Parents: b.Parents, Block: b}
}

// Graph is the blocks above the floor, with their votes counted. A slot (round
// and author) may hold several blocks: an equivocation.
type Graph struct {
	n, quorum int
	floor     dag.Round
	layers    []layer // layers[i] is round floor+1+i
	blocks    int
	version   uint64 // of the set of blocks
	walk      uint64 // number of the last walk through a history, see history
}

// layer is the blocks of one round.
type layer struct {
	authors consensus.Set // with a block here
	forked  consensus.Set // with several
	first   []*vertex     // by author; the others of the slot follow by next
	ids     []dag.BlockID // of first: a block names a parent of nearly every author, and they lie side by side
	arrived []*vertex     // all, in the order in which they came
}

// vertex is a block in its place.
type vertex struct {
	*Vertex
	next     *vertex       // in the same slot, ascending by id
	previous consensus.Set // authors of the parents of the round before
	leaps    bool          // a parent is older
	support  *support      // nil until somebody asks
	walk     uint64        // the last walk that came by
}

// NewGraph returns an empty graph for a committee of n. The first blocks it
// takes are those of round floor+1: their parents count as present.
func NewGraph(n int, floor dag.Round) *Graph {
	return &Graph{n: n, quorum: quorum.Q(n), floor: floor}
}

// Add puts a block into the graph, which keeps v. Parents come first.
//
// It takes ill-formed blocks too, as long as their authors and rounds make
// sense: what a block must look like is CheckBlock's business. Errors are
// ErrKnown, ErrBelowFloor, ErrMissingParent and ErrMalformed; after one nothing
// has changed. The cost is linear in the number of parents.
func (g *Graph) Add(v *Vertex) error {
	if int(v.Ref.Author) >= g.n {
		return fmt.Errorf("%w: author %d of %d", ErrMalformed, v.Ref.Author, g.n)
	}
	if v.Ref.Round <= g.floor {
		return fmt.Errorf("%w: round %d, floor %d", ErrBelowFloor, v.Ref.Round, g.floor)
	}
	if v.Ref.Round > g.Highest()+1 {
		return fmt.Errorf("%w: no block of the round before %d", ErrMissingParent, v.Ref.Round)
	}
	if g.find(&v.Ref) != nil {
		return ErrKnown
	}
	x := &vertex{Vertex: v}
	if err := g.link(x); err != nil {
		return err
	}
	g.place(x)
	g.blocks++
	g.version++
	return nil
}

// link checks that x's parents are here.
func (g *Graph) link(x *vertex) error {
	for i := range x.Parents {
		ref := &x.Parents[i]
		if ref.Round >= x.Ref.Round || int(ref.Author) >= g.n {
			return fmt.Errorf("%w: parent of round %d by author %d", ErrMalformed, ref.Round, ref.Author)
		}
		if ref.Round <= g.floor {
			continue
		}
		if g.find(ref) == nil {
			return fmt.Errorf("%w: round %d, author %d", ErrMissingParent, ref.Round, ref.Author)
		}
		if ref.Round+1 == x.Ref.Round {
			x.previous.Add(ref.Author)
		} else {
			x.leaps = true
		}
	}
	return nil
}

// place puts x into its slot, in the order of ids, so that nothing depends on
// the order of arrival.
func (g *Graph) place(x *vertex) {
	if x.Ref.Round == g.Highest()+1 {
		g.layers = append(g.layers, layer{
			first: make([]*vertex, g.n), ids: make([]dag.BlockID, g.n), arrived: make([]*vertex, 0, g.n),
		})
	}
	l := g.layer(x.Ref.Round)
	l.arrived = append(l.arrived, x)
	if l.authors.Has(x.Ref.Author) {
		l.forked.Add(x.Ref.Author)
	}
	l.authors.Add(x.Ref.Author)
	at := &l.first[x.Ref.Author]
	for *at != nil && bytes.Compare((*at).Ref.ID[:], x.Ref.ID[:]) < 0 {
		at = &(*at).next
	}
	x.next, *at = *at, x
	l.ids[x.Ref.Author] = l.first[x.Ref.Author].Ref.ID
}

// Prune drops the blocks of rounds up to floor. A floor below the present one
// changes nothing.
func (g *Graph) Prune(floor dag.Round) {
	if floor <= g.floor {
		return
	}
	gone := min(len(g.layers), int(min(floor-g.floor, 1<<31)))
	for i := range gone {
		g.blocks -= len(g.layers[i].arrived)
		g.layers[i] = layer{}
	}
	g.layers = g.layers[gone:]
	g.floor = floor
}

// Floor returns the round at and below which parents count as present.
func (g *Graph) Floor() dag.Round { return g.floor }

// Highest returns the highest round with a block, or the floor.
func (g *Graph) Highest() dag.Round { return g.floor + dag.Round(len(g.layers)) }

// Len returns how many blocks there are.
func (g *Graph) Len() int { return g.blocks }

// Has reports whether a block is here, or counts as present because it is at or below the floor.
func (g *Graph) Has(ref dag.BlockRef) bool {
	return g.has(&ref)
}

func (g *Graph) has(ref *dag.BlockRef) bool {
	return ref.Round <= g.floor || int(ref.Author) < g.n && g.find(ref) != nil
}

// Get returns the vertex of a block above the floor, and whether it is here.
func (g *Graph) Get(ref dag.BlockRef) (*Vertex, bool) {
	if int(ref.Author) >= g.n {
		return nil, false
	}
	if x := g.find(&ref); x != nil {
		return x.Vertex, true
	}
	return nil, false
}

// Missing returns those of refs that are not here and do not count as present.
func (g *Graph) Missing(refs []dag.BlockRef) []dag.BlockRef {
	var missing []dag.BlockRef
	for i := range refs {
		if !g.has(&refs[i]) {
			missing = append(missing, refs[i])
		}
	}
	return missing
}

// Authors returns who has a block of a round. Rounds that are not kept have none.
func (g *Graph) Authors(r dag.Round) consensus.Set {
	if l := g.layer(r); l != nil {
		return l.authors
	}
	return consensus.Set{}
}

// Slot returns the blocks of one slot, ascending by id. A must be an author of the committee.
func (g *Graph) Slot(r dag.Round, a dag.Author) iter.Seq[*Vertex] {
	return func(yield func(*Vertex) bool) {
		for x := g.slot(r, a); x != nil && yield(x.Vertex); x = x.next {
		}
	}
}

// Lowest returns the block of a slot with the lowest id, nil if it is empty. A
// must be an author of the committee.
func (g *Graph) Lowest(r dag.Round, a dag.Author) *Vertex {
	if x := g.slot(r, a); x != nil {
		return x.Vertex
	}
	return nil
}

// Count returns the number of blocks of a slot. A must be an author of the committee.
func (g *Graph) Count(r dag.Round, a dag.Author) (n int) {
	for x := g.slot(r, a); x != nil; x = x.next {
		n++
	}
	return n
}

// Supported reports whether a block of the slot has the votes of a quorum.
func (g *Graph) Supported(r dag.Round, a dag.Author) bool {
	for x := g.slot(r, a); x != nil; x = x.next {
		if g.supportOf(x).votes.Count() >= g.quorum {
			return true
		}
	}
	return false
}

// Skippable reports whether the direct rule skips the slot: a quorum has
// blocks of the next round that vote for none of its blocks, judged block by block.
func (g *Graph) Skippable(r dag.Round, a dag.Author) bool {
	x := g.slot(r, a)
	if x == nil {
		present := g.Authors(r + 1)
		return r > g.floor && present.Count() >= g.quorum
	}
	for ; x != nil; x = x.next {
		if g.supportOf(x).blames.Count() < g.quorum {
			return false
		}
	}
	return true
}

func (g *Graph) layer(r dag.Round) *layer {
	if r <= g.floor || r-g.floor > dag.Round(len(g.layers)) {
		return nil
	}
	return &g.layers[r-g.floor-1]
}

func (g *Graph) slot(r dag.Round, a dag.Author) *vertex {
	if l := g.layer(r); l != nil {
		return l.first[a]
	}
	return nil
}

func (g *Graph) find(ref *dag.BlockRef) *vertex {
	l := g.layer(ref.Round)
	if l == nil {
		return nil
	}
	if l.ids[ref.Author] == ref.ID {
		return l.first[ref.Author]
	}
	if l.forked.Has(ref.Author) {
		for x := l.first[ref.Author]; x != nil; x = x.next {
			if x.Ref.ID == ref.ID {
				return x
			}
		}
	}
	return nil
}

// parents yields x's parents above the floor, in the block's order.
func (g *Graph) parents(x *vertex) iter.Seq[*vertex] {
	return func(yield func(*vertex) bool) {
		for i := range x.Parents {
			if p := g.find(&x.Parents[i]); p != nil && !yield(p) {
				return
			}
		}
	}
}
