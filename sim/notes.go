package sim

import (
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/protocol"
	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/scenario"
	"github.com/floormesh/floormesh/sync/message"
)

// notes is what a site writes down for the results. Nothing is decided by it.
type notes struct {
	book     *result.Recorder
	first    int // the plant's first node in the roster
	honest   int
	share    uint32 // of deliveries, in millionths
	drawings []*drawing
	replicas []account
	last     []dag.BlockID // by node
	newest   dag.CommitIndex
	records  map[dag.Digest]*story // not final on all honest nodes
	open     map[dag.CommitIndex]*passage
	gauged   replica.Instant
	every    replica.Instant
}

// account is what is noted of one replica, 64 bytes: a line of the cache.
type account struct {
	said     uint64                      // messages
	reported dag.CommitIndex             // last commit noted
	sealing  map[dag.LaneID][]*dag.Batch // own batches not replicated yet, by seq
	waiting  []witness                   // own records that no checkpoint covers yet
	_        [16]byte
}

// story is how far a record has come.
type story struct {
	since      replica.Instant
	node       int // that acknowledged it
	replicated bool
}

// passage is a commit on its way to all honest nodes.
type passage struct {
	stories []*story // of the records that it put into the log
	log     []dag.Digest
	reports int
}

// witness is records that wait for a checkpoint of a log so long.
type witness struct {
	size  uint64
	since replica.Instant
}

// kindNames are the kinds of messages, as results call them.
func kindNames(o scenario.Ordering) []string {
	names := []string{"block", "batch", "cosignature", "tips", "request", "commit", "noise", "record", "gossip"}
	if o != scenario.OrderingFloormesh {
		names = append(names, "vote")
	}
	return names
}

const (
	commitKind  result.Kind = 5
	noiseKind   result.Kind = 6
	devicesKind result.Kind = 7 // what devices hand to gateways
	controlKind result.Kind = 8 // what gossip says beside its messages
	votesKind   result.Kind = 9 // of protocols that have them apart from blocks
)

func kindOf(m message.Message) result.Kind {
	switch m := m.(type) {
	case *message.Blocks:
		return 0
	case *message.Batches:
		return 1
	case *message.Cosign:
		return 2
	case *message.Tips:
		return 3
	case *message.WantBlocks, *message.WantBatches, *message.WantLane, *message.WantCommits:
		return 4
	case *message.Commits:
		return commitKind
	case protocol.Message:
		return kindOfSort(m.Sort())
	default:
		return noiseKind
	}
}

func newNotes(book *result.Recorder, s *scenario.Scenario, first int) notes {
	return notes{
		book: book, first: first, share: uint32(s.Outputs.Deliveries),
		records: make(map[dag.Digest]*story), open: make(map[dag.CommitIndex]*passage), every: instant(s.Outputs.Series),
	}
}

// size makes room for a number of replicas.
func (t *notes) size(nodes int) {
	t.replicas, t.last = make([]account, nodes), make([]dag.BlockID, nodes)
}

func (t *notes) node(node int) result.Node { return result.Node(t.first + node) }

// event notes an event, with a label if one is asked for: see labelOf.
func (t *notes) event(w *World, node, peer int, act result.Act, kind result.Kind, number, detail uint64, about any) {
	other := result.NoNode
	if peer != nobody {
		other = t.node(peer)
	}
	e := result.Event{
		At: result.Instant(w.now), Node: t.node(node), Peer: other, Act: act, Kind: kind,
		Message: result.Message(number), Detail: detail,
	}
	if t.book.Wants(e.At, e.Node) {
		e.Label = labelOf(about)
	}
	t.book.Event(&e)
}

// posted numbers a message, and notes the blocks that its sender made.
func (t *notes) posted(w *World, from *node, p *parcel) {
	t.replicas[from.id].said++
	p.number, p.at = uint64(t.first+from.id+1)<<36|t.replicas[from.id].said, w.now
	if v, ok := p.said.(protocol.Vertex); ok {
		t.vertex(w, from, v)
	}
	m, ok := p.said.(*message.Blocks)
	if !ok {
		return
	}
	for _, b := range m.Blocks {
		if int(b.Author) != from.id || b.ID() == t.last[from.id] {
			continue
		}
		t.last[from.id] = b.ID()
		if from.liar == nil { // who may number rounds as it likes
			t.book.Round(result.Instant(w.now), uint64(b.Round))
		}
		t.event(w, from.id, nobody, result.Made, 0, word(b.ID()), uint64(b.Round), b)
		t.knows(w, from.id, b)
	}
}

// carried notes a message on its way to one node.
func (t *notes) carried(w *World, from, to int, p *parcel) {
	bytes := p.size()
	t.book.Sent(result.Instant(w.now), t.node(from), kindOf(p.said), 1, uint64(bytes+w.site.wire.overhead))
	t.event(w, from, to, result.Sent, kindOf(p.said), p.number, uint64(bytes), p)
}

// sent notes a message of a device.
func (t *notes) sent(w *World, from int, kind result.Kind, bytes int) {
	t.book.Sent(result.Instant(w.now), t.node(from), kind, 1, uint64(bytes+w.site.wire.overhead))
}

// arrived notes a message that a node got.
func (t *notes) arrived(w *World, node, from int, p *parcel, bytes int) {
	kind := kindOf(p.said)
	t.book.Received(t.node(node), 1, uint64(bytes))
	t.event(w, node, from, result.Received, kind, p.number, uint64(bytes), p)
	if m, ok := p.said.(*message.Blocks); ok && len(t.drawings) > 0 {
		for _, b := range m.Blocks {
			t.knows(w, node, b)
		}
	}
	if v, ok := p.said.(protocol.Vertex); ok {
		t.draw(w, node, v)
	}
	if kind < 2 && t.sampled(p) {
		t.book.Delivered(result.Instant(w.now), t.node(node), kind, result.Message(p.number), result.Instant(p.at), 1)
	}
}

// sampled reports whether a message is among those whose deliveries are kept.
func (t *notes) sampled(p *parcel) bool { return uint32(p.number*golden>>40)%million < t.share }

// worked notes time of a node's processor.
func (t *notes) worked(_ *World, node int, work time.Duration, signed, checked int) {
	c := t.book.Counters(t.node(node))
	c.Processor += work
	c.Signed += uint64(signed)
	c.Verified += uint64(checked)
}

// synced notes a sync of a node's disk.
func (t *notes) synced(w *World, node int, writes []*store.Write) {
	c := t.book.Counters(t.node(node))
	c.Syncs++
	for _, written := range writes {
		c.BytesSynced += uint64(len(written.State))
		for _, b := range written.Batches {
			c.BytesSynced += uint64(len(b.Raw()))
		}
		for _, b := range written.Blocks {
			c.BytesSynced += uint64(len(b.Raw()))
		}
	}
	t.event(w, node, nobody, result.Synced, 0, 0, uint64(len(writes)), nil)
}

func (t *notes) crashed(w *World, node int) { t.event(w, node, nobody, result.Crashed, 0, 0, 0, nil) }

func (t *notes) restarted(w *World, node int) {
	t.event(w, node, nobody, result.Restarted, 0, 0, 0, nil)
}

// accepted notes that an honest node stored a record, the first time.
func (t *notes) accepted(w *World, node int, r *dag.Record) {
	s := t.story(r.Statement())
	s.since, s.node = max(1, w.now), node
	t.book.Accepted(result.Instant(w.now), 1)
}

// story returns that of a record.
func (t *notes) story(statement dag.Digest) *story {
	s := t.records[statement]
	if s == nil {
		s = &story{node: nobody}
		t.records[statement] = s
	}
	return s
}

// final notes what has become final on a node.
func (t *notes) final(w *World, n *node, e *store.Executed) {
	if n.liar != nil || e.Commit.Index <= t.replicas[n.id].reported {
		return
	}
	at := result.Instant(w.now)
	t.replicas[n.id].reported = e.Commit.Index
	t.event(w, n.id, nobody, result.Committed, 0, word(e.Commit.ID()), uint64(e.Commit.Index), e)
	if e.Commit.Index > t.newest {
		t.newest = e.Commit.Index
		t.book.Commit(at)
	}
	t.decided(w, n.id, e.Commit)
	t.came(w, n.id, e)
	for i := range e.Commit.Cut { // outside the committee nobody hears that a lane is replicated
		t.unseal(n.id, e.Commit.Cut[i].Lane, e.Commit.Cut[i].Seq)
	}
}

// came notes that a commit's records have become final on one more node. They
// are looked up once, for the first: all put the same ones into their logs.
func (t *notes) came(w *World, node int, e *store.Executed) {
	p := t.open[e.Commit.Index]
	if p == nil {
		p = &passage{}
		t.open[e.Commit.Index] = p
		for i := range e.Records {
			if r := &e.Records[i]; r.Fate == store.Accepted {
				p.stories, p.log = append(p.stories, t.story(r.Statement)), append(p.log, r.Statement)
			}
		}
	}
	p.reports++
	at := result.Instant(w.now)
	for _, s := range p.stories {
		if s.since != 0 && node == s.node {
			t.reachedMembers(w, node, s)
			t.book.Reached(result.Final, at, time.Duration(w.now-s.since), 1)
			t.replicas[node].waiting = append(t.replicas[node].waiting, witness{e.Size, s.since})
		}
	}
	if p.reports < t.honest {
		return
	}
	for i, s := range p.stories {
		if s.since != 0 {
			t.book.Reached(result.Everywhere, at, time.Duration(w.now-s.since), 1)
		}
		delete(t.records, p.log[i])
	}
	delete(t.open, e.Commit.Index)
}

// certified notes that a checkpoint covers records of a node.
func (t *notes) certified(w *World, node int, c *checkpoint.Certified) {
	wait := t.replicas[node].waiting
	for len(wait) > 0 && wait[0].size <= c.Size {
		t.book.Reached(result.Witnessed, result.Instant(w.now), time.Duration(w.now-wait[0].since), 1)
		wait = wait[1:]
	}
	t.replicas[node].waiting = wait
}

// gauge notes how much is under way, once an interval.
func (t *notes) gauge(w *World) {
	if w.now >= t.gauged {
		t.gauged = w.now + t.every
		t.book.Gauge(result.Instant(w.now), uint64(w.mail.Len()), t.held(w))
	}
}

// delayed lets a message wait for its receiver's line, and notes it when it is in.
func (x *site) delayed(w *World, n *node, l letter) bool {
	bytes := l.parcel.size() + x.wire.overhead
	if !l.in {
		x.reckon(n.id, w.now)
		in := x.wire.receive(w.now, n.id, bytes)
		l.in = true
		if in > w.now {
			w.schedule(event{at: in, node: n.id, load: w.mail.Put(l), kind: arrival})
			return true
		}
	}
	x.notes.arrived(w, n.id, l.from, l.parcel, bytes)
	return false
}
