package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/protocol"
)

// disk is what a node writes to: a log of atomic writes, of which a crash keeps
// everything synced and a random part, in order, of what came after. The store
// is what reads see. One sync at a time; it covers whatever was applied before
// it began (group commit).
type disk struct {
	plan     DiskPlan
	rand     *rand.Rand
	store    *store.Memory
	unsynced []entry
	syncing  int             // entries of unsynced that the sync under way covers; 0: none
	takes    replica.Instant // that sync, once the processor has done its part
	slow     []time.Duration
	keepAll  bool          // the next crash loses nothing
	kept     protocol.Kept // what a protocol keeps beside the ledger, as of the last durable write
	synced   int           // bytes of it synced and not told of yet
}

// entry is a write that is not known to be durable.
type entry struct {
	seq   uint64
	write *store.Write
	kept  protocol.Kept // nil: no change
}

func newDisk(seed uint64, node int, plan DiskPlan) *disk {
	return &disk{plan: plan, rand: newRand(seed, node, purposeDisk), store: store.NewMemory()}
}

// apply makes a write visible to reads.
func (d *disk) apply(seq uint64, w *store.Write, kept protocol.Kept) error {
	d.unsynced = append(d.unsynced, entry{seq, w, kept})
	if err := d.store.Apply(w); err != nil {
		return fmt.Errorf("apply write %d: %w", seq, err)
	}
	return nil
}

// begin starts a sync if one is due and none is under way, and returns how long it takes.
func (d *disk) begin() (replica.Instant, bool) {
	if d.syncing > 0 || len(d.unsynced) == 0 {
		return 0, false
	}
	d.syncing = len(d.unsynced)
	takes := d.plan.Sync + time.Duration(d.rand.Int64N(int64(d.plan.Jitter)+1))
	for _, extra := range d.slow {
		takes += extra
	}
	return instant(takes), true
}

// end finishes the sync under way and returns the writes it made durable and
// the highest Persist among them.
func (d *disk) end() (writes []*store.Write, seq uint64, err error) {
	for _, e := range d.unsynced[:d.syncing] {
		writes = append(writes, e.write)
		seq = e.seq
		d.keep(e.kept)
	}
	d.unsynced = append(d.unsynced[:0], d.unsynced[d.syncing:]...)
	d.syncing = 0
	if len(d.unsynced) > 0 {
		return writes, seq, nil // the store syncs all or nothing: let it remember these as unsynced
	}
	return writes, seq, d.store.Sync()
}

// crash loses a random suffix of what was not synced, and returns the writes
// that happened to survive. The store afterwards is what a restart finds.
func (d *disk) crash() (survived []*store.Write) {
	kept := d.rand.IntN(len(d.unsynced) + 1)
	if d.keepAll {
		kept, d.keepAll = len(d.unsynced), false
	}
	for _, e := range d.unsynced[:kept] {
		survived = append(survived, e.write)
		d.keep(e.kept)
	}
	d.store.Crash(len(d.unsynced) - kept)
	d.unsynced, d.syncing = nil, 0
	return survived
}

// keep makes what a protocol keeps beside the ledger durable.
func (d *disk) keep(k protocol.Kept) {
	if k != nil {
		d.kept, d.synced = k, d.synced+k.Bytes()
	}
}

// newest returns what a protocol keeps as of the last write applied, durable or not: what
// belongs to what the store's reads see.
func (d *disk) newest() protocol.Kept {
	for _, e := range slices.Backward(d.unsynced) {
		if e.kept != nil {
			return e.kept
		}
	}
	return d.kept
}

// tally returns how much of it was synced since the last call.
func (d *disk) tally() (bytes int) {
	bytes, d.synced = d.synced, 0
	return bytes
}

// lose takes everything away.
func (d *disk) lose() {
	d.store, d.unsynced, d.syncing = store.NewMemory(), nil, 0
}

// restore reads what a Replica needs to go on.
func (d *disk) restore(owner dag.PublicKey, recent uint64) (*store.Restored, error) {
	return d.store.Restore(owner, recent)
}

// takesLonger adds an extra time to every sync; with on false it takes it away again.
func (d *disk) takesLonger(extra time.Duration, on bool) {
	if on {
		d.slow = append(d.slow, extra)
		return
	}
	for i, s := range d.slow {
		if s == extra {
			d.slow = append(d.slow[:i], d.slow[i+1:]...)
			return
		}
	}
}
