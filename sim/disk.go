package sim

import (
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
	memory   *store.Memory // behind what was done to the disk by changes
	changes  []change      // oldest first
	behind   int           // how many of them there may be
	failed   error         // the first of them that could not be made
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

// change is something that was done to a disk and that its memory has not seen.
type change struct {
	write  *store.Write    // nil: a sync, or something to forget
	forget dag.CommitIndex // 0: nothing
	recent uint64          // leaves that are not forgotten
}

// mostBehind is how far the disks of a site's nodes may be behind: some 10 kB of each.
const mostBehind = 48

func newDisk(seed uint64, node int, plan DiskPlan) *disk {
	return &disk{plan: plan, rand: newRand(seed, node, purposeDisk), memory: store.NewMemory()}
}

// apply makes a write visible to reads.
func (d *disk) apply(seq uint64, w *store.Write, kept protocol.Kept) {
	d.unsynced = append(d.unsynced, entry{seq, w, kept})
	d.changes = append(d.changes, change{write: w})
	if d.behind == 0 {
		d.settle()
	}
}

// store returns what reads see.
func (d *disk) store() *store.Memory {
	d.settle()
	return d.memory
}

// keepUp settles a disk that is far behind. Of thousands of disks few are ever read, and what is
// made of many changes at once costs little more than what is made of one.
func (d *disk) keepUp() {
	if len(d.changes) > d.behind {
		d.settle()
	}
}

// settle makes the changes that the memory has not seen.
func (d *disk) settle() {
	for _, c := range d.changes {
		var err error
		switch {
		case c.write != nil:
			err = d.memory.Apply(c.write)
		case c.forget > 0:
			d.memory.Forget(c.forget, c.recent)
		default:
			err = d.memory.Sync()
		}
		if d.failed == nil {
			d.failed = err
		}
	}
	clear(d.changes)
	d.changes = d.changes[:0]
}

// forget lets the disk forget what nobody will ask for once a commit is executed.
func (d *disk) forget(index dag.CommitIndex, recent uint64) {
	d.changes = append(d.changes, change{forget: index, recent: recent})
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
// the highest Persist among them, or what is wrong with one that it was given.
func (d *disk) end() (writes []*store.Write, seq uint64, err error) {
	for _, e := range d.unsynced[:d.syncing] {
		writes = append(writes, e.write)
		seq = e.seq
		d.keep(e.kept)
	}
	d.unsynced = append(d.unsynced[:0], d.unsynced[d.syncing:]...)
	d.syncing = 0
	if len(d.unsynced) == 0 { // the store syncs all or nothing: else it remembers these as unsynced
		d.changes = append(d.changes, change{})
	}
	return writes, seq, d.failed
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
	d.store().Crash(len(d.unsynced) - kept)
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
	d.memory, d.changes, d.unsynced, d.syncing = store.NewMemory(), nil, nil, 0
}

// restore reads what a Replica needs to go on.
func (d *disk) restore(owner dag.PublicKey, recent uint64) (*store.Restored, error) {
	return d.store().Restore(owner, recent)
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
