package replica

import (
	"math/bits"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/dag"
)

// class names the lanes of one gateway that replace one another: its number in
// the genesis, and theirs. The number is found in a table that all share.
type class uint32

// classOf returns a lane's class, and false if its owner is no gateway.
func classOf(f *consensus.Founding, id dag.LaneID) (class, bool) {
	number, ok := f.Number(id.Key)
	return class(number)*dag.LaneClasses + class(id.Number.Class()), ok
}

// laneTable finds lanes by class. It does what a map would, but with one look at
// memory where that takes five: thousands of Replicas in one process look into
// theirs by turns, so that nothing of a table is in any cache. Lanes stay.
//
// Which classes there are the genesis says, so that nobody can choose some that
// crowd each other.
type laneTable struct {
	slots []*lane // a power of two, at most half of them taken
}

// find returns the lane of a class, nil if there is none.
func (t *laneTable) find(c class) *lane {
	if len(t.slots) == 0 {
		return nil
	}
	for at := t.home(c); ; at = t.after(at) {
		if l := t.slots[at]; l == nil || l.class == c {
			return l
		}
	}
}

// add puts in a lane whose class has none yet: the last of all that there are.
func (t *laneTable) add(l *lane, all []*lane) {
	if 2*len(all) <= len(t.slots) {
		t.put(l)
		return
	}
	t.slots = make([]*lane, max(minLaneSlots, 2*len(t.slots)))
	for _, l := range all {
		t.put(l)
	}
}

func (t *laneTable) put(l *lane) {
	at := t.home(l.class)
	for t.slots[at] != nil {
		at = t.after(at)
	}
	t.slots[at] = l
}

// home is where a class stands unless others do: multiplied by 2³² over the golden
// ratio, numbers in a row lie far apart.
func (t *laneTable) home(c class) uint32 {
	const golden = 0x9e3779b9
	return uint32(c) * golden >> (33 - bits.Len(uint(len(t.slots))))
}

func (t *laneTable) after(at uint32) uint32 { return (at + 1) & uint32(len(t.slots)-1) }
