package sim

import (
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/execution"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sim/adversary"
	"github.com/floormesh/floormesh/sim/check"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/gossip"
	"github.com/floormesh/floormesh/sim/oracle"
	"github.com/floormesh/floormesh/sim/protocol"
	"github.com/floormesh/floormesh/sync/message"
)

// World is one run: nodes, what lies between them, and what is about to happen.
type World struct {
	plan      Plan
	crypto    oracle.Crypto
	genesis   *dag.Genesis
	founding  *consensus.Founding
	history   *execution.History // nil: every node executes by itself
	mesh      dag.MeshID
	verifier  *dag.Verifier
	domain    *dag.Domain
	nodes     []*node
	followers []follower             // numbered after the nodes, in a site
	members   int                    // of the nodes: the first so many are the committee
	peerIDs   []replica.PeerID       // by node
	numbers   map[replica.PeerID]int // of nodes, by key
	site      *site                  // nil: a world of a plan
	peers     *peers
	links     *links // nil in a site
	load      *load
	checks    *check.Suite
	trace     trace
	stats     stats

	// In the engine, the world's nodes are numbered from base on, and what belongs
	// to the world as a whole happens at one more, its seat.
	part    *engine.Partition
	base    engine.Node
	seat    int
	now     replica.Instant
	handled int
	err     error
	late    late
	mail    engine.Slab[letter]
	reads   engine.Slab[read]
	phase   phase
	mute    bool // liars have fallen silent
	buffer  []replica.Instant
}

// letter is one arrival of a message.
type letter struct {
	from   int
	in     bool   // is through the receiver's line
	life   uint32 // of the receiver when it was sent; connections do not outlive one
	parcel *parcel
}

// read is batches asked from the disk.
type read struct {
	life uint32
	ids  []dag.BatchID
}

// randOf wraps a stream for drawing integers.
func randOf(s *engine.Stream) *rand.Rand { return rand.New(s) }

// newWorld builds a plan's world. What happens in it is written to out, if not nil.
func newWorld(plan Plan, out io.Writer) (*World, error) {
	return makeWorld(plan, nil, out)
}

// newWorldOf builds the world of a site.
func newWorldOf(plan Plan, x *site) (*World, error) { return makeWorld(plan, x, nil) }

func makeWorld(plan Plan, x *site, out io.Writer) (*World, error) {
	w := &World{
		plan: plan, site: x, trace: trace{out: out}, seat: plan.Nodes,
		members: plan.Nodes, numbers: make(map[replica.PeerID]int),
	}
	if x != nil {
		w.members = x.members()
		_, followers := x.roleCounts()
		w.followers = make([]follower, followers)
	}
	var err error
	if w.crypto, err = cryptoOf(&plan); err != nil {
		return nil, err
	}
	if err := w.found(); err != nil {
		return nil, err
	}
	if x == nil {
		w.links = newLinks(plan.Seed, plan.Nodes, plan.Link)
		w.peers = newPeers(gossip.Complete(plan.Nodes))
	}
	w.load = newLoad(plan.Seed, plan.Load, w.mesh, w.crypto)
	w.stats = newStats(plan.Nodes)
	if err := w.corrupt(); err != nil {
		return nil, err
	}
	honest := make([]bool, plan.Nodes)
	for i, n := range w.nodes {
		honest[i] = n.liar == nil
	}
	w.checks = check.New(w.genesis, honest)
	return w, nil
}

// found makes the genesis and the nodes.
func (w *World) found() error {
	g := dag.DefaultGenesis()
	g.Mesh, g.Site, g.Created = "simulated", "plant", epochMillis
	for i := range w.plan.Nodes {
		keys := newStream(w.plan.Seed, i, purposeKeys)
		n := &node{
			id: i, nodeKey: newKey(w.crypto, keys),
			clock: clock{plan: w.plan.Clocks[i]},
			disk:  newDisk(w.plan.Seed, i, w.diskOf(i)),
		}
		if i < w.members {
			n.memberKey = newKey(w.crypto, keys)
		}
		if w.plan.CPU != nil {
			costs := oracle.DefaultCosts().Times(max(1, w.plan.CPU.Slower))
			n.labour = newLabour(oracle.NewCPU(w.plan.CPU.Cores), &costs, n)
		}
		w.nodes = append(w.nodes, n)
		w.peerIDs = append(w.peerIDs, n.nodeKey.Public())
		w.numbers[w.peerIDs[i]] = i
		g.Gateways = append(g.Gateways, dag.Gateway{
			Name: fmt.Sprintf("gw%d", i), Node: w.peerIDs[i], Member: n.memberKey.Public(),
		})
	}
	if w.site != nil {
		w.site.found(w, &g)
	}
	if err := g.Validate(); err != nil {
		return fmt.Errorf("genesis: %w", err)
	}
	w.genesis, w.founding = &g, consensus.Found(&g)
	w.domain = w.founding.Domain
	w.mesh, w.verifier = w.domain.Mesh, w.crypto.Verifier(w.domain)
	return nil
}

// wake lays out everything that the plan knows beforehand and starts the nodes.
func (w *World) wake() error {
	w.lay()
	for _, n := range w.nodes {
		if err := n.start(w); err != nil {
			return err
		}
	}
	for i := range w.followers {
		w.followers[i].start(w, len(w.nodes)+i)
	}
	w.relink()
	return nil
}

// lay schedules everything that the plan knows beforehand.
func (w *World) lay() {
	for i, f := range w.plan.Faults {
		w.schedule(event{at: f.From, node: nobody, load: engine.Handle(i), kind: faultStart})
		w.schedule(event{at: f.To, node: nobody, load: engine.Handle(i), kind: faultEnd})
		w.phase.healed = max(w.phase.healed, f.To)
	}
	w.phase.since = w.phase.healed
	if w.site != nil {
		w.site.lay(w)
		w.site.flow(w)
	} else {
		w.load.schedule(w)
	}
	for _, n := range w.nodes {
		if n.liar != nil {
			w.schedule(event{at: instant(actEvery), node: n.id, kind: act})
		}
	}
	w.schedule(event{at: w.phase.healed, node: nobody, kind: watch})
}

// nodeOf returns the node that a peer is, nobody if it is none.
func (w *World) nodeOf(p replica.PeerID) int {
	if i, ok := w.numbers[p]; ok {
		return i
	}
	return nobody
}

// handle lets one event happen.
func (w *World) handle(e event) error {
	if w.site == nil {
		w.trace.foldShape(uint64(e.at), uint64(e.kind), uint64(int64(e.node)))
	} else { // where nobody asks for the shape
		w.trace.fold(uint64(e.at), uint64(e.kind), uint64(int64(e.node)))
	}
	var n *node
	if e.node != nobody && e.node < len(w.nodes) {
		n = w.nodes[e.node]
	}
	switch e.kind {
	case founding:
		return w.wake()
	case arrival:
		w.arrive(n, w.mail.Take(e.load))
	case opened:
		if l := w.mail.Take(e.load); n.up && l.life == n.life {
			n.hear(w, l.from, l.parcel)
		}
	case stepped:
		if n.up && uint32(e.load) == n.life {
			n.labour.end(w, n)
		}
	case tick:
		if n.up && uint32(e.load) == n.life {
			n.tick(w)
		}
	case worked:
		return w.site.pool(e.node).end(w, e.load)
	case written:
		if n.up && uint32(e.load) == n.life {
			n.written(w)
		}
	case synced:
		if n.up && uint32(e.load) == n.life {
			n.synced(w)
		}
	case overdue:
		if n.up && uint32(e.load) == n.life {
			n.overdue = false
			n.beginSync(w)
		}
	case loaded:
		return w.loaded(n, w.reads.Take(e.load))
	case relink:
		if w.lifeOf(e.node) != 0 {
			w.relinked(e.node, int(e.load))
		}
	case submission:
		return w.load.submit(w, n, w.load.visits.Take(e.load))
	case emission:
		return w.site.emit(w, int(e.load))
	case faultStart:
		if w.site != nil {
			w.site.begin(w, int(e.load))
			return nil
		}
		return w.begin(&w.plan.Faults[e.load])
	case faultEnd:
		if w.site != nil {
			w.site.end(w, int(e.load))
			return nil
		}
		return w.end(&w.plan.Faults[e.load])
	case act:
		w.act(n, e.load == hurried)
	case watch:
		if w.site != nil {
			w.site.watch(w)
		} else {
			w.watch()
		}
	}
	return nil
}

func (w *World) arrive(n *node, l letter) {
	if !n.up || l.life != n.life {
		return
	}
	if w.site != nil && w.site.delayed(w, n, l) {
		return
	}
	w.trace.fold(uint64(l.from))
	if m := l.parcel.said; m != nil {
		w.trace.foldMessage(m)
		if w.trace.reading() {
			w.trace.linef(w.now, n.id, "<- n%d %s", l.from, describe(m))
		}
	}
	if n.labour != nil {
		n.labour.open(w, n, l)
		return
	}
	n.hear(w, l.from, l.parcel)
}

func (w *World) loaded(n *node, r read) error {
	if !n.up || r.life != n.life {
		return nil
	}
	found, err := n.disk.store().Batches(r.ids)
	if err != nil {
		return fmt.Errorf("read batches: %w", err)
	}
	n.step(w, replica.Loaded{Batches: found})
	return nil
}

// post sends a message on its way.
func (w *World) post(from *node, s adversary.Speech) {
	p := &parcel{said: s.Message, raw: s.Raw}
	if w.site != nil {
		w.site.notes.posted(w, from, p)
	}
	if s.Message != nil {
		w.register(from, s.Message)
		w.checks.Said(from.id, s.Message)
		if w.trace.reading() {
			w.trace.linef(w.now, from.id, "-> n%d %s", s.To, describe(s.Message))
		}
		if _, foreign := s.Message.(protocol.Message); w.plan.Encode && !foreign {
			p.raw = message.Encode(nil, s.Message)
		}
	}
	if s.To != adversary.Everyone {
		if s.To != nobody && s.To != from.id && w.peers.stands(from.id, s.To) {
			w.carry(from, w.nodes[s.To], p, false)
		}
		return
	}
	switch {
	case !s.Gossip:
		if w.site != nil {
			w.site.carrier.broadcast(from.id, p.said)
		}
		w.cast(from, p, func(to int) bool { return to < w.members })
	case w.site != nil:
		w.site.gossip(w, from, p)
	default: // in a world without gossip of its own: to everybody, connected or not
		for _, to := range w.peers.of(from.id) {
			w.carry(from, w.nodes[to], p, true)
		}
	}
}

// cast carries a parcel to those of the nodes that one is connected to.
func (w *World) cast(from *node, p *parcel, those func(to int) bool) {
	first, _ := w.peers.graph.Edges(engine.Node(from.id))
	for i, to := range w.peers.of(from.id) {
		if those(int(to)) && w.peers.links[first+uint32(i)] != 0 {
			w.carry(from, w.nodes[to], p, false)
		}
	}
}

// diskOf returns what a node writes to.
func (w *World) diskOf(node int) DiskPlan {
	if w.site == nil {
		return w.plan.Disk
	}
	return w.site.diskOf(node)
}

// register tells the checkers of batches that only their liar has.
func (w *World) register(from *node, m message.Message) {
	if from.liar == nil {
		return
	}
	if batches, ok := m.(*message.Batches); ok {
		for _, b := range batches.Batches {
			if b.Lane.Key == w.peerIDs[from.id] {
				w.checks.Exists(b)
			}
		}
	}
}

// carry takes a parcel over one link, or, if it is gossip and that link is cut,
// over the first honest node that both ends reach.
func (w *World) carry(from, to *node, p *parcel, spread bool) {
	w.stats.sent(p)
	w.buffer = w.arrivals(w.buffer[:0], w.now, from.id, to.id, p)
	if w.site != nil {
		w.site.notes.carried(w, from.id, to.id, p)
	}
	if spread && !w.open(from.id, to.id) {
		w.buffer = w.relay(w.buffer[:0], from, to, p)
	}
	if w.site != nil && len(w.buffer) == 0 {
		w.site.notes.lost(w, from.id, to.id, p)
	}
	for _, at := range w.buffer {
		w.schedule(event{
			at: at, node: to.id,
			load: w.mail.Put(letter{from: from.id, life: to.life, parcel: p}), kind: arrival,
		})
	}
}

func (w *World) relay(arrivals []replica.Instant, from, to *node, p *parcel) []replica.Instant {
	for _, via := range w.nodes {
		if via != from && via != to && via.up && via.liar == nil &&
			w.open(from.id, via.id) && w.open(via.id, to.id) {
			for _, half := range w.arrivals(nil, w.now, from.id, via.id, p) {
				arrivals = w.arrivals(arrivals, half, via.id, to.id, p)
			}
			return arrivals
		}
	}
	return arrivals
}

// begin lets a fault happen.
func (w *World) begin(f *Fault) error {
	w.trace.linef(w.now, nobody, "fault: %s of %v until %v", f.Kind, f.Nodes, f.To)
	switch f.Kind {
	case FaultCrash, FaultPower:
		for _, i := range f.Nodes {
			if n := w.nodes[i]; n.up {
				n.stop(w)
			}
		}
		w.relink()
	case FaultPartition:
		w.links.part(f, 1)
		w.relink()
	case FaultDeaf:
		w.links.deafen(f, 1)
	case FaultDelay:
		w.links.delay(f, 1)
	case FaultDisk:
		for _, i := range f.Nodes {
			w.nodes[i].disk.takesLonger(f.Extra, true)
		}
	default:
		return fmt.Errorf("no fault is called %q", f.Kind)
	}
	return nil
}

// end heals a fault.
func (w *World) end(f *Fault) error {
	w.trace.linef(w.now, nobody, "healed: %s of %v", f.Kind, f.Nodes)
	switch f.Kind {
	case FaultCrash, FaultPower:
		for _, i := range f.Nodes {
			if n := w.nodes[i]; !n.up {
				if err := n.start(w); err != nil {
					w.checks.Failf(check.Crash, i, "%v", err)
				}
			}
		}
		w.relink()
	case FaultPartition:
		w.links.part(f, -1)
		w.relink()
	case FaultDeaf:
		w.links.deafen(f, -1)
		w.relink()
	case FaultDelay:
		w.links.delay(f, -1)
	case FaultDisk:
		for _, i := range f.Nodes {
			w.nodes[i].disk.takesLonger(f.Extra, false)
		}
	}
	w.links.healed = w.now >= w.phase.healed
	return nil
}

// arrivals appends the instants at which a message arrives, were it sent at one.
func (w *World) arrivals(to []replica.Instant, at replica.Instant, from, node int, p *parcel) []replica.Instant {
	if w.site == nil {
		return w.links.arrivals(to, at, from, node)
	}
	return w.site.wire.send(to, at, from, node, p.size())
}

// open reports whether what one node sends can reach another now.
func (w *World) open(from, to int) bool {
	if w.site == nil {
		return w.links.open(from, to)
	}
	return w.site.wire.open(w.now, from, to)
}

// connected reports whether a connection between two nodes can stand.
func (w *World) connected(a, b int) bool {
	if w.site == nil {
		return w.links.connected(a, b)
	}
	return w.open(a, b) && w.open(b, a)
}

// notice draws how long a node takes to see a change of a connection.
func (w *World) notice(node int) replica.Instant {
	if w.site == nil {
		return w.links.notice(node)
	}
	wire := &w.site.wire
	return replica.Instant(wire.streams[node].Below(uint64(wire.notice) + 1))
}

// timing returns the protocol's durations; zero means the usual ones.
func (w *World) timing() replica.Timing {
	if w.site == nil {
		return replica.Timing{}
	}
	return w.site.timing()
}
