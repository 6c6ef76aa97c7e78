package result

import (
	"cmp"
	"slices"
)

// Window is a part of the DAG that is kept: some time of one mesh of the run.
// Which blocks belong to it, the recorder is told.
type Window struct {
	Mesh uint32  `json:"mesh"`
	From Instant `json:"from_ns"`
	To   Instant `json:"to_ns"`
}

// A Block is one vertex of the DAG in a window. Its ID is any number that is its own in the run.
type Block struct {
	Window  uint32   `parquet:"window"` // index in Summary.Windows
	ID      uint64   `parquet:"id"`
	Round   uint64   `parquet:"round"`
	Author  uint32   `parquet:"author"` // index in the committee
	At      Instant  `parquet:"at_ns"`
	Parents []uint64 `parquet:"parents,list"`
}

// A Decision is what became of a leader slot.
type Decision struct {
	Window    uint32  `parquet:"window"`
	Round     uint64  `parquet:"round"`
	Author    uint32  `parquet:"author"`
	Committed bool    `parquet:"committed"`
	Block     uint64  `parquet:"block"` // the committed one
	At        Instant `parquet:"at_ns"`
}

// dag keeps the windows' blocks. The rest is counted.
type dag struct {
	blocks    []Block
	decisions []Decision
	dropped   uint64
}

func (d *dag) addBlock(b *Block) {
	if len(d.blocks) >= maxBlocks || len(b.Parents) > maxParents {
		d.dropped++
		return
	}
	kept := *b
	kept.Parents = slices.Clone(b.Parents)
	d.blocks = append(d.blocks, kept)
}

func (d *dag) decide(x Decision) {
	if len(d.decisions) >= maxDecisions {
		d.dropped++
		return
	}
	d.decisions = append(d.decisions, x)
}

func (d *dag) merge(o *dag) {
	d.blocks = append(d.blocks, o.blocks...)
	d.decisions = append(d.decisions, o.decisions...)
	d.dropped += o.dropped
}

// sort puts the windows in order and cuts them to their bounds.
func (d *dag) sort() {
	slices.SortFunc(d.blocks, func(a, b Block) int {
		return cmp.Or(cmp.Compare(a.Window, b.Window), cmp.Compare(a.Round, b.Round), cmp.Compare(a.Author, b.Author), cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID))
	})
	slices.SortFunc(d.decisions, func(a, b Decision) int {
		return cmp.Or(cmp.Compare(a.Window, b.Window), cmp.Compare(a.Round, b.Round), cmp.Compare(a.Author, b.Author))
	})
	if n := len(d.blocks); n > maxBlocks {
		d.dropped += uint64(n - maxBlocks)
		d.blocks = d.blocks[:maxBlocks]
	}
	if n := len(d.decisions); n > maxDecisions {
		d.dropped += uint64(n - maxDecisions)
		d.decisions = d.decisions[:maxDecisions]
	}
}
