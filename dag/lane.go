package dag

import (
	"cmp"
	"fmt"

	"github.com/floormesh/floormesh/dag/dagcbor"
)

// LaneNumber distinguishes the lanes of one node. Its class (what the lane
// carries) is the number modulo LaneClasses; a higher number of a class closes
// the lower one and inherits its place.
type LaneNumber uint32

// LaneClasses is how many open lanes a node may have, one per class.
const LaneClasses = 4

// Lane classes. The fourth is reserved.
const (
	LaneReadings LaneNumber = iota
	LaneAlarms
	LaneAdministration
)

// Class returns what the lane carries.
func (n LaneNumber) Class() LaneNumber { return n % LaneClasses }

// LaneID names a lane.
type LaneID struct {
	Key    PublicKey // the node that signs its batches
	Number LaneNumber
}

// Compare orders lanes by key, then number.
func (l LaneID) Compare(o LaneID) int {
	return cmp.Or(l.Key.Compare(o.Key), cmp.Compare(l.Number, o.Number))
}

// String returns the key's hex and the number.
func (l LaneID) String() string { return fmt.Sprintf("%s/%d", l.Key, l.Number) }

// appendTo appends [key, number].
func (l LaneID) appendTo(to []byte) []byte {
	to = dagcbor.AppendArray(to, 2)
	to = dagcbor.AppendBytes(to, l.Key[:])
	return dagcbor.AppendUint(to, uint64(l.Number))
}

func readLane(r *dagcbor.Reader) (l LaneID) {
	r.Tuple(2)
	r.Exactly(l.Key[:])
	l.Number = LaneNumber(r.Uint(1<<32 - 1))
	return l
}
