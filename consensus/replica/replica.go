package replica

import (
	"fmt"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/execution"
	"github.com/floormesh/floormesh/consensus/planted"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// Replica is the protocol state machine. It is not safe for concurrent use.
//
// Its parts are in files of their own: lanes (what is held of each lane),
// intake (own devices' records), blocks (the DAG), pacemaker (when to make a
// block), ordering (commits), execution, checkpoints, news (for those outside the
// committee), tips (loss), catchup and past (what the store may not tell).
type Replica struct {
	cfg       Config
	founding  *consensus.Founding
	domain    *dag.Domain
	committee *consensus.Committee
	self      PeerID
	author    dag.Author // own seat, if member
	member    bool
	seated    bool // of the committee, even if it signs no more

	now   Instant
	wall  dag.UnixMilli
	woken Instant // what the last Step returned
	out   []Output

	write      *store.Write // changes of this Step not emitted yet
	signed     bool         // write holds something that this node signed
	persisted  uint64       // Seq of the last Persist emitted
	durable    uint64       // Seq up to which the driver reported durability
	peers      []PeerID     // connected, in key order
	exec       *execution.Executor
	laneBook   laneBook
	intake     intake
	blocks     blockBook
	ordering   ordering
	pace       pacemaker
	cosigns    cosignBook
	news       news
	catchup    catchup
	tips       tipsClock
	past       past
	snapshotAt dag.CommitIndex // commit index of the last executor state written
}

// New returns a Replica that goes on from what a store restored (the zero
// Restored for a new one). Errors: a node that the genesis does not name, or a store that
// contradicts itself (store.ErrCorrupt).
func New(cfg Config, from *store.Restored) (*Replica, error) {
	if cfg.Timing == (Timing{}) {
		cfg.Timing = DefaultTiming()
	}
	r := &Replica{
		cfg: cfg, founding: cfg.Founding, domain: cfg.Founding.Domain, committee: cfg.Founding.Committee,
		self: cfg.NodeKey.Public(), write: &store.Write{},
	}
	if !r.founding.IsGateway(r.self) {
		return nil, fmt.Errorf("node key %v is not in the genesis", r.self)
	}
	if a, ok := r.founding.Author(r.self); ok {
		r.author, r.seated = a, true
		r.member = r.committee.Members[a] == cfg.MemberKey.Public() && from.Retired == ""
	}
	exec, err := execution.Restore(r.founding, cfg.History, from)
	if err != nil {
		return nil, err
	}
	if r.exec = exec; cfg.Verifier != nil {
		exec.VerifyWith(cfg.Verifier)
	}
	r.restore(from)
	return r, nil
}

// restore rebuilds the volatile half from what was durable.
func (r *Replica) restore(from *store.Restored) {
	r.snapshotAt = r.exec.State().Index
	r.ordering = newOrdering(r)
	r.restoreLanes(from)
	r.intake = newIntake(r, from)
	r.blocks = newBlockBook(r)
	r.pace = newPacemaker(r)
	r.cosigns = newCosignBook(from)
	r.news = newNews(r)
	r.past = newPast(from)
	r.tips.allowances, r.tips.pushes = map[PeerID]*allowance{}, map[PeerID]*pushed{}
	r.blocks.restore(r, from.Blocks)
	r.catchup.at, r.catchup.since = Never, Never
}

// Step applies one input at time now and returns what the driver must do, in
// order, and when it wants a Tick. wall is this node's clock reading, which
// goes into its blocks and batches as a claim and is used for nothing else.
// The outputs are valid until the next call.
func (r *Replica) Step(now Instant, wall dag.UnixMilli, in Input) (out []Output, wake Instant) {
	r.now, r.wall, r.out = now, wall, r.out[:0]
	r.awaken()
	if p, ok := in.(Persisted); ok && !r.awaitsDisk() && now < r.woken {
		r.durable = max(r.durable, p.Seq)
		return r.out, r.woken
	}
	switch in := in.(type) {
	case Submitted:
		r.submit(in.Records)
	case Received:
		r.receive(in.From, in.Message.Value())
	case Connected:
		r.connect(in.Peer)
	case Disconnected:
		r.disconnect(in.Peer)
	case Loaded:
		r.loaded(in.Batches)
	case Persisted:
		r.durable = max(r.durable, in.Seq)
	case Tick:
	}
	r.advance()
	r.flush()
	r.woken = r.wake()
	return r.out, r.woken
}

// awaitsDisk reports whether something here goes on once a Persist is durable: own
// blocks, and own batches.
func (r *Replica) awaitsDisk() bool {
	if r.member {
		return true
	}
	for i := range r.intake.classes {
		if len(r.intake.classes[i].records) > 0 {
			return true
		}
	}
	return false
}

// advance does everything that has become possible: the order is that of a
// record's life, so that one call carries it as far as it can go.
func (r *Replica) advance() {
	r.proveForks()
	r.seal()
	for {
		if r.seated { // others have no blocks: they learn what members decided
			r.decide()
		}
		r.execute()
		if !r.propose() {
			break
		}
	}
	r.announce()
	r.sayTips()
	r.fetch()
	r.forsake()
	r.chase()
	r.catchUp()
}

// wake returns the earliest instant at which time alone changes anything.
func (r *Replica) wake() Instant {
	at := min(r.sealAt(), r.tipsAt(), r.laneBook.chaseAt(), Instant(r.laneBook.missing.Next()), r.catchup.at)
	if r.seated {
		at = min(at, r.proposeAt(), r.news.at, Instant(r.blocks.missing.Next()))
	}
	return at
}

// emit appends an output that may leave the node, behind everything it may
// rest on.
func (r *Replica) emit(o Output) {
	r.flush()
	r.out = append(r.out, o)
}

// flush turns the changes collected so far into a Persist.
func (r *Replica) flush() {
	if r.write.Empty() {
		return
	}
	r.persisted++
	r.out = append(r.out, Persist{Seq: r.persisted, Write: r.write, Signed: r.signed})
	r.write, r.signed = &store.Write{}, false
}

// working reports whether consensus has anything left to do: a batch that is
// listed and not final, or a final one that no certified checkpoint covers. The
// second half keeps a laggard from being stranded: who has committed goes on
// until a quorum has signed.
func (r *Replica) working() bool {
	return !r.ordering.halted && (r.laneBook.listed > 0 || r.ordering.moved > r.cosigns.certifiedCommit() && !planted.QuietEarly)
}

// awake reports whether this node works, or waits for something from others.
func (r *Replica) awake() bool {
	return r.working() || !r.ordering.halted && (len(r.ordering.queue) > 0 || r.cosigns.certifiedCommit() > r.exec.State().Index)
}
