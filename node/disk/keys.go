package disk

import (
	"bytes"
	"encoding/binary"

	"github.com/floormesh/floormesh/dag"
)

// Key prefixes. See "Layout" in the package comment.
const (
	prefixBatch      = 'b' // arrival → batch
	prefixCut        = 'c' // lane → final seq
	prefixDevice     = 'd' // device tag, group → nothing
	prefixLeaves     = 'e' // first leaf → commit, leaves
	prefixFate       = 'f' // group of arrivals → what execution made of the batches
	prefixHash       = 'h' // level, index → root of a full tile
	prefixBatchID    = 'i' // start of the batch id → arrivals
	prefixBlock      = 'k' // round, author, block id → block
	prefixLane       = 'l' // lane, seq, batch id → arrival, sizes, prev if not implied
	prefixMeta       = 'm' // single values
	prefixCheckpoint = 'p' // log size → certified checkpoint
	prefixRecord     = 'r' // start of the record id → positions
	prefixCommit     = 'x' // commit index → executed commit
)

// Keys of single values.
const (
	keySchema   = "mschema"
	keyMesh     = "mmesh"
	keyState    = "mstate"
	keyCosigned = "mcosigned"
	keyOwnLanes = "mownlanes"
	keyRetired  = "mretired"
	keyDiverged = "mdiverged"
	keyFloor    = "mfloor"
)

const (
	laneBytes     = 36 // key and number
	batchIDStart  = 8  // bytes of a batch id in its index
	recordIDStart = 8  // bytes of a record id in its index
)

func numberKey(prefix byte, n uint64) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, 9), prefix), n)
}

// keyNumber returns the number that a key made by numberKey ends in.
func keyNumber(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-8:]) }

func laneKey(prefix byte, lane dag.LaneID) []byte {
	key := append(make([]byte, 0, 1+laneBytes+8+32), prefix)
	key = append(key, lane.Key[:]...)
	return binary.BigEndian.AppendUint32(key, uint32(lane.Number))
}

func laneSeqKey(lane dag.LaneID, seq dag.Seq) []byte {
	return binary.BigEndian.AppendUint64(laneKey(prefixLane, lane), uint64(seq))
}

func laneBatchKey(lane dag.LaneID, seq dag.Seq, id dag.BatchID) []byte {
	return append(laneSeqKey(lane, seq), id[:]...)
}

// parseLaneBatchKey takes apart what laneBatchKey returned.
func parseLaneBatchKey(key []byte) (lane dag.LaneID, seq dag.Seq, id dag.BatchID, ok bool) {
	if len(key) != 1+laneBytes+8+32 {
		return lane, seq, id, false
	}
	lane.Key = dag.PublicKey(key[1:33])
	lane.Number = dag.LaneNumber(binary.BigEndian.Uint32(key[33:]))
	return lane, dag.Seq(binary.BigEndian.Uint64(key[37:])), dag.BatchID(key[45:]), true
}

func batchIDKey(id dag.BatchID) []byte {
	return append([]byte{prefixBatchID}, id[:batchIDStart]...)
}

func recordKey(id dag.RecordID) []byte {
	return append([]byte{prefixRecord}, id[:recordIDStart]...)
}

func blockKey(ref dag.BlockRef) []byte {
	key := append(make([]byte, 0, 1+8+2+32), prefixBlock)
	key = binary.BigEndian.AppendUint64(key, uint64(ref.Round))
	key = binary.BigEndian.AppendUint16(key, uint16(ref.Author))
	return append(key, ref.ID[:]...)
}

func hashKey(level int, index uint64) []byte {
	key := append(make([]byte, 0, 1+1+8), prefixHash, byte(level))
	return binary.BigEndian.AppendUint64(key, index)
}

func deviceKey(tag deviceTag, group uint64) []byte {
	key := append(make([]byte, 0, 1+8+8), prefixDevice)
	key = append(key, tag[:]...)
	return binary.BigEndian.AppendUint64(key, group)
}

// after returns the first key that does not begin with prefix. The prefixes in use
// do not consist of 0xff alone.
func after(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	for i := len(end) - 1; ; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
}
