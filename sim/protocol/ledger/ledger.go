package ledger

import (
	"fmt"
	"slices"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/execution"
	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/protocol"
	"github.com/floormesh/floormesh/sync/message"
)

// Ledger is a node without an ordering rule. It implements protocol.Machine
// around the one that it is given.
type Ledger struct {
	cfg       replica.Config
	domain    *dag.Domain
	committee *consensus.Committee
	self      dag.PublicKey
	author    dag.Author
	nodes     []dag.PublicKey              // by author
	seats     map[dag.PublicKey]dag.Author // their inverse
	rule      Rule

	now  replica.Instant
	wall dag.UnixMilli
	out  []replica.Output

	write     *store.Write  // changes of this Step not emitted yet
	kept      protocol.Kept // to be written with them; nil: no change
	signed    bool          // some of it is signed by this node
	persisted uint64        // Seq of the last Persist emitted
	durable   uint64        // Seq up to which the driver reported durability
	peers     []dag.PublicKey

	exec         *execution.Executor
	state        *order.State    // as of the last commit decided
	queue        []*dag.Commit   // decided and not executed, in order
	moved        dag.CommitIndex // the last decided commit that moved the cut
	snapshot     dag.CommitIndex // commit of the last executor state written
	shelf        shelf
	intake       intake
	certificates certificates
	catchup      catchup
}

// Rule orders: it decides which cut comes next. The ledger asks it, in one
// Step, first what has happened and then to go on. It acts by the ledger's methods.
type Rule interface {
	// Hear takes a message of the rule's own from a member.
	Hear(from dag.PublicKey, m protocol.Message)
	// Connected follows a connection that stands anew.
	Connected(peer dag.PublicKey)
	// Leapt follows commits that were not decided here but came with a
	// certificate. They are applied already.
	Leapt(commits []*dag.Commit)
	// Advance does everything that has become possible.
	Advance()
	// Wake returns when time alone will change anything.
	Wake() replica.Instant
}

// New returns a ledger that goes on from what a store restored, and the rule
// that with returns around it. Errors: a node that is no member, or a store that
// contradicts itself (store.ErrCorrupt).
func New(cfg replica.Config, from *store.Restored, with func(*Ledger) (Rule, error)) (*Ledger, error) {
	if cfg.Timing == (replica.Timing{}) {
		cfg.Timing = replica.DefaultTiming()
	}
	l := &Ledger{
		cfg: cfg, domain: cfg.Founding.Domain, committee: cfg.Founding.Committee,
		self: cfg.NodeKey.Public(), seats: map[dag.PublicKey]dag.Author{}, write: &store.Write{},
	}
	for a := range dag.Author(l.committee.N()) {
		node := cfg.Founding.Member(a)
		l.nodes = append(l.nodes, node)
		l.seats[node] = a
	}
	var member bool
	if l.author, member = l.seats[l.self]; !member {
		return nil, fmt.Errorf("node key %v is no member's", l.self)
	}
	var err error
	if l.exec, err = execution.Restore(cfg.Founding, cfg.History, from); err != nil {
		return nil, err
	}
	if cfg.Verifier != nil {
		l.exec.VerifyWith(cfg.Verifier)
	}
	l.state, l.snapshot = l.exec.State().Clone(), l.exec.State().Index
	for _, lane := range l.state.Lanes { // any order: the highest is sought
		l.moved = max(l.moved, lane.Moved)
	}
	l.shelf = newShelf(l, from)
	l.intake = newIntake(l, from)
	l.certificates = certificates{certified: from.Certified, cosigned: from.Cosigned}
	l.catchup = catchup{at: replica.Never, since: replica.Never}
	l.rule, err = with(l)
	return l, err
}

// Step implements protocol.Machine.
func (l *Ledger) Step(now replica.Instant, wall dag.UnixMilli, in replica.Input) (out []replica.Output, wake replica.Instant) {
	l.now, l.wall, l.out = now, wall, l.out[:0]
	l.reload()
	switch in := in.(type) {
	case replica.Submitted:
		l.submit(in.Records)
	case replica.Received:
		l.receive(in.From, in.Message.Value())
	case replica.Connected:
		l.connect(in.Peer)
	case replica.Disconnected:
		if at, known := slices.BinarySearchFunc(l.peers, in.Peer, dag.PublicKey.Compare); known {
			l.peers = slices.Delete(l.peers, at, at+1)
		}
	case replica.Loaded:
		l.loaded(in.Batches)
	case replica.Persisted:
		l.durable = max(l.durable, in.Seq)
	case replica.Tick:
	}
	l.advance()
	l.flush()
	return l.out, l.wake()
}

// advance does everything that has become possible. What execution certifies may
// leave the rule with nothing to do, or with something.
func (l *Ledger) advance() {
	l.seal()
	for again := true; again; again = l.execute() {
		l.rule.Advance()
	}
	l.fetch()
	l.catchUp()
}

// wake returns the earliest instant at which time alone changes anything.
func (l *Ledger) wake() replica.Instant {
	return min(l.sealAt(), l.rule.Wake(), replica.Instant(l.shelf.missing.Next()), l.catchup.at)
}

// receive dispatches a member's message. Signatures have been checked.
func (l *Ledger) receive(from dag.PublicKey, m message.Message) {
	if _, member := l.seats[from]; !member {
		return
	}
	switch m := m.(type) {
	case *message.Batches:
		for _, b := range m.Batches {
			l.receiveBatch(b)
		}
	case *message.Cosign:
		l.Collect(m.Cosignature)
	case *message.Commits:
		l.receiveCommits(from, m)
	case *message.WantBatches, *message.WantLane, *message.WantCommits:
		l.emit(replica.Serve{To: from, Request: m})
	case protocol.Message:
		l.rule.Hear(from, m)
	default: // of another protocol: blocks of a DAG
	}
}

// connect keeps the list of peers in key order, because whom to ask is drawn from it.
func (l *Ledger) connect(p dag.PublicKey) {
	at, known := slices.BinarySearchFunc(l.peers, p, dag.PublicKey.Compare)
	if _, member := l.seats[p]; known || !member || p == l.self {
		return
	}
	l.peers = slices.Insert(l.peers, at, p)
	l.shelf.missing.Retry(int64(l.now))
	l.rule.Connected(p)
}

// emit appends an output that may leave the node, behind everything it may rest on.
func (l *Ledger) emit(o replica.Output) {
	l.flush()
	l.out = append(l.out, o)
}

// flush turns the changes collected so far into a Persist.
func (l *Ledger) flush() {
	if l.write.Empty() && l.kept == nil {
		return
	}
	l.persisted++
	p := replica.Persist{Seq: l.persisted, Write: l.write, Signed: l.signed}
	if l.kept == nil {
		l.out = append(l.out, p)
	} else {
		l.out = append(l.out, protocol.Persist{Persist: p, Kept: l.kept})
	}
	l.write, l.kept, l.signed = &store.Write{}, nil, false
}

// Now returns the instant of this Step.
func (l *Ledger) Now() replica.Instant { return l.now }

// Wall returns this node's clock reading, which proves nothing.
func (l *Ledger) Wall() dag.UnixMilli { return l.wall }

// Config returns what the node was made of, its durations filled in.
func (l *Ledger) Config() *replica.Config { return &l.cfg }

// Committee returns the members.
func (l *Ledger) Committee() *consensus.Committee { return l.committee }

// Author returns the node's own seat.
func (l *Ledger) Author() dag.Author { return l.author }

// Node returns a member's node key, which is its name as a peer.
func (l *Ledger) Node(a dag.Author) dag.PublicKey { return l.nodes[a] }

// Peers returns who is connected, in key order; read only.
func (l *Ledger) Peers() []dag.PublicKey { return l.peers }

// State returns the consensus state as of the last commit decided; read only.
func (l *Ledger) State() *order.State { return l.state }

// Executed returns the consensus state as of the last commit executed; read only.
func (l *Ledger) Executed() *order.State { return l.exec.State() }

// Send says something to one peer, once all that was kept before is durable.
func (l *Ledger) Send(to dag.PublicKey, m message.Message) {
	l.emit(replica.Send{To: to, Message: m})
}

// Broadcast says something to every connected member, once all that was kept
// before is durable.
func (l *Ledger) Broadcast(m message.Message) { l.emit(replica.Broadcast{Message: m}) }

// Keep has k written with whatever else changes now. signed says that k remembers
// something that the rule has just signed.
func (l *Ledger) Keep(k protocol.Kept, signed bool) { l.kept, l.signed = k, l.signed || signed }

// Writing returns the number of the Persist that Keep adds to.
func (l *Ledger) Writing() uint64 { return l.persisted + 1 }

// Decide makes a commit the next one. It must follow State.
func (l *Ledger) Decide(c *dag.Commit) {
	if err := l.state.Apply(c); err != nil {
		panic("decided commit does not apply: " + err.Error())
	}
	l.decided(c)
}

func (l *Ledger) decided(c *dag.Commit) {
	l.queue = append(l.queue, c)
	for i := range c.Cut {
		l.moveCut(&c.Cut[i])
	}
	if len(c.Cut) > 0 {
		l.moved = c.Index
	}
}

// Working reports whether anything is left to order: a batch that is held and not
// decided, or a decided one that no certified checkpoint covers yet.
func (l *Ledger) Working() bool { return l.Undecided() || l.moved > l.certificates.commit() }

// Waiting reports whether this node lacks what others have certified or what it
// has decided.
func (l *Ledger) Waiting() bool {
	return len(l.queue) > 0 || l.certificates.commit() > l.exec.State().Index
}
