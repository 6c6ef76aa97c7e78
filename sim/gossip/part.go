package gossip

import (
	"fmt"

	"github.com/floormesh/floormesh/sim/engine"
)

// Part is a topic within one partition.
type Part struct {
	topic   *Topic
	first   engine.Kind
	nodes   int
	edges   int
	rows    []row           // by message
	known   []engine.Handle // messages with a row, oldest first
	own     []engine.Handle // messages published here, oldest first
	spare   [][]uint64      // rows' bits by node, cleared
	spares  [][]uint64      // and by edge
	waiting engine.Slab[validation]
	counts  Counts
	scratch []uint32
	when    [][]uint32 // rows' moments, cleared
	fresh   int        // of known: from here on, rows may have moments
}

// row is what the nodes of a partition know of a message: a line of a bit matrix.
type row struct {
	seen     []uint64       // by node
	unwanted []uint64       // by edge: the peer declined it; nil while none has
	moments  []uint32       // by node, in place of unwanted: see stamp; nil while none is known
	old      bool           // such moments mean nothing any more
	first    engine.Instant // when it was seen here first
	declined engine.Instant // when a peer declined it last
	asked    map[uint32]uint8
}

// validation is a message being validated.
type validation struct {
	id   engine.Handle
	from engine.Node
	hops uint16
	bad  bool
}

// Window takes back what other partitions released. Call it when a window begins.
func (p *Part) Window(c *engine.Partition) {
	if len(p.topic.parts) > 1 {
		p.topic.messages.Collect(c)
		p.topic.lists.Collect(c)
	}
}

// Message returns what a message is, while its time to live lasts.
func (p *Part) Message(id engine.Handle) Message { return p.topic.messages.Get(id) }

// Handle handles an event, and reports whether it was the topic's.
func (p *Part) Handle(c *engine.Partition, e engine.Event) bool {
	if e.Kind-p.first >= Kinds {
		return false
	}
	e.Node -= p.topic.config.First
	e.Source -= p.topic.config.First
	if life := p.topic.lives[e.Node]; life == 0 || life != uint8(e.Tag>>8) {
		p.miss(c, e)
		return true
	}
	switch e.Kind - p.first {
	case copied:
		p.copied(c, e)
	case taken:
		p.take(c, e)
	case validated:
		v := p.waiting.Take(e.Load)
		p.accept(c, e.Node, v)
	case beat:
		p.beat(c, e.Node)
	case graft:
		p.invited(c, e.Node, e.Source)
	case prune:
		p.pruned(c, e.Node, e.Source)
	case ihave:
		p.told(c, e)
	case iwant:
		p.asked(c, e)
	case idontwant:
		p.declined(c.Now(), e)
	}
	return true
}

// Look looks at what the topic keeps of a node, and changes nothing: see [engine.Seer].
func (p *Part) Look(node engine.Node) (seen int) {
	s := &p.topic.nodes[node]
	return len(s.mesh) + int(s.room[0].Node) + int(s.room[8].Node)
}

// schedule makes something happen at a node.
func (p *Part) schedule(c *engine.Partition, at engine.Instant, node engine.Node, what engine.What) {
	c.Schedule(at, p.topic.config.First+node, what)
}

// Publish spreads a message from a node. The node whose event is being handled must
// be that node.
func (p *Part) Publish(c *engine.Partition, node engine.Node, m Message) engine.Handle {
	m.Origin, m.At = node, c.Now()
	id := p.topic.messages.Put(c, m, 1)
	p.own = append(p.own, id)
	p.see(id, c.Now())
	p.spread(c, node, id, m)
	return id
}

// Repeat spreads a message from one more node, that has it from elsewhere. False: it
// knows the message already, and nothing happens; or the message's time is over, and it
// would be a new one ([Part.Alive]).
func (p *Part) Repeat(c *engine.Partition, node engine.Node, id engine.Handle) bool {
	if !p.Alive(c.Now(), id) || p.seen(id, node) {
		return false
	}
	p.see(id, c.Now())
	p.spread(c, node, id, p.topic.messages.Get(id))
	return true
}

// Alive reports whether a message that has not expired is still known to who has seen it.
func (p *Part) Alive(now engine.Instant, id engine.Handle) bool {
	return now-p.topic.messages.Get(id).At < p.topic.params.SeenTTL
}

// spread is a node's publishing.
func (p *Part) spread(c *engine.Partition, node engine.Node, id engine.Handle, m Message) {
	p.mark(id, node)
	p.counts.Published++
	p.remember(node, id)
	for _, edge := range p.publishers(node, int(m.Bytes)) {
		p.send(c, node, Peer{edge, p.topic.graph.peers[edge]}, id, &m, 1)
	}
}

// publishers returns the edges over which a node publishes, in random order, as pubsub's
// is too: the mesh, and with FloodPublish others.
func (p *Part) publishers(node engine.Node, bytes int) []uint32 {
	t := p.topic
	p.scratch = p.scratch[:0]
	others := 0
	if t.params.FloodPublish {
		for edge := t.graph.start[node]; edge < t.graph.start[node+1]; edge++ {
			if l := &t.edges[edge]; l.up && !l.mesh {
				p.scratch = append(p.scratch, edge)
			}
		}
		others = len(p.scratch)
		if t.params.FloodBytes > 0 {
			others = max(t.params.FloodBytes/max(bytes, 1), t.params.Dlo) - len(t.nodes[node].mesh)
		}
	}
	p.scratch = appendMesh(p.some(node, max(0, others)), t.nodes[node].mesh)
	return p.some(node, len(p.scratch))
}

// copied is a copy at a node's downlink. What is in at once is handled at once.
func (p *Part) copied(c *engine.Partition, e engine.Event) {
	v := validation{id: e.Load, from: e.Source, hops: e.Tag & 0xff}
	n := p.topic.config.Lines
	if !n.Downlink(e.Node) {
		p.arrive(c, e.Node, v)
		return
	}
	m := p.topic.messages.Get(e.Load)
	switch in := n.Receive(c.Now(), e.Node, int(m.Bytes)+p.topic.config.Frame); {
	case in == c.Now():
		p.arrive(c, e.Node, v)
	case in-m.At >= p.topic.params.SeenTTL:
		p.counts.Late++
	default:
		p.schedule(c, in, e.Node, engine.What{Kind: p.first + taken, Load: p.waiting.Put(v), Tag: e.Tag})
	}
}

func (p *Part) take(c *engine.Partition, e engine.Event) {
	p.arrive(c, e.Node, p.waiting.Take(e.Load))
}

// arrive is a copy that is in. Most are of messages that the node has.
func (p *Part) arrive(c *engine.Partition, node engine.Node, v validation) {
	p.counts.Copies++
	check := p.topic.config.Check
	if p.seen(v.id, node) {
		p.counts.Duplicates++
		if check != nil {
			check(c, node, v.from, p.topic.messages.Get(v.id), false)
		}
		return
	}
	m := p.topic.messages.Get(v.id)
	if c.Now()-m.At >= p.topic.params.SeenTTL {
		p.counts.Late++
		return
	}
	p.see(v.id, c.Now())
	p.mark(v.id, node)
	if least := p.topic.params.IDontWantBytes; least > 0 && int(m.Bytes) >= least {
		p.decline(c, node, v)
	}
	ready := c.Now()
	if check == nil {
		ready += engine.Instant(p.topic.params.Validation.Draw(&p.topic.nodes[node].stream))
	} else {
		var valid bool
		ready, valid = check(c, node, v.from, m, true)
		v.bad = !valid
	}
	if ready > c.Now() {
		p.schedule(c, ready, node, engine.What{Kind: p.first + validated, Load: p.waiting.Put(v), Tag: p.topic.tag(node, 0)})
		return
	}
	p.accept(c, node, v)
}

// accept passes a valid message on to the mesh, and delivers it.
func (p *Part) accept(c *engine.Partition, node engine.Node, v validation) {
	m := p.topic.messages.Get(v.id)
	c.Fold(m.Word ^ uint64(v.hops)<<56)
	if v.bad {
		p.counts.Rejected++
		return
	}
	p.counts.Delivered++
	if passes := p.topic.config.Passes; passes == nil || passes(c.Now(), node) {
		p.forward(c, node, v, &m)
	}
	p.topic.config.Deliver(c, node, Arrival{Message: m, ID: v.id, From: v.from, Hops: int(v.hops)})
}

// forward sends a message to those in a node's mesh who may not have it.
func (p *Part) forward(c *engine.Partition, node engine.Node, v validation, m *Message) {
	mesh := p.topic.nodes[node].mesh
	p.topic.config.Lines.Ahead(mesh)
	p.remember(node, v.id)
	for _, g := range mesh {
		if g.Node == v.from || g.Node == m.Origin {
			continue
		}
		if p.unwanted(c.Now(), &p.rows[v.id], node, g) {
			p.counts.Declined++
			continue
		}
		p.send(c, node, g, v.id, m, farther(v.hops))
	}
}

// farther returns the hops of who is told by who is that far.
func farther(hops uint16) uint16 { return min(hops+1, HopsUnknown) }

// send sends a copy to a peer, unless it would come when the message's time is over.
func (p *Part) send(c *engine.Partition, node engine.Node, to Peer, id engine.Handle, m *Message, hops uint16) {
	bytes := int(m.Bytes) + p.topic.config.Frame
	times := 1
	if some := p.topic.config.Copies; some > 0 && p.topic.nodes[node].stream.Chance(some) {
		times = 2
	}
	for range times {
		p.counts.Bytes += uint64(bytes)
		at, ok := p.topic.config.Lines.Send(c.Now(), to.Edge, node, to.Node, m.Load, bytes)
		switch {
		case !ok:
			p.counts.Lost++
		case at-m.At >= p.topic.params.SeenTTL:
			p.counts.Late++
		case p.topic.config.Known != nil && p.topic.lives[to.Node] != 0 && p.comesAfter(at, id, to.Node):
			p.counts.Copies++
			p.counts.Duplicates++
			p.topic.config.Known(c, at, to.Node, node, *m)
		default:
			p.schedule(c, at, to.Node, engine.What{Kind: p.first + copied, Load: id, Tag: p.topic.tag(to.Node, hops)})
		}
	}
}

// signal sends a control message with a number of ids. One that would be under way for longer
// than ids are known is lost.
func (p *Part) signal(c *engine.Partition, node engine.Node, edge uint32, kind engine.Kind, load engine.Handle, ids int) bool {
	to := p.topic.graph.peers[edge]
	bytes := p.topic.config.Frame + ids*idBytes
	p.topic.config.Lines.Signalled(c.Now(), node, 1, bytes)
	p.topic.config.Lines.Heard(to, 1, bytes)
	at, ok := p.topic.config.Lines.Signal(c.Now(), node, to)
	if !ok || at-c.Now() >= p.topic.params.SeenTTL {
		return false
	}
	p.schedule(c, at, to, engine.What{Kind: p.first + kind, Load: load, Tag: p.topic.tag(to, 0)})
	return true
}

// edge returns the edge over which something came.
func (p *Part) edge(node, from engine.Node) uint32 {
	edge, ok := p.topic.graph.Edge(node, from)
	if !ok {
		panic(fmt.Sprintf("gossip: node %d hears from node %d, but they are not connected", node, from))
	}
	return edge
}

// at returns a node's place in its partition's rows.
func (t *Topic) at(node engine.Node) uint32 {
	if t.local == nil {
		return uint32(node)
	}
	return t.local[node]
}

// place returns the place of a node's edge in the partition's rows.
func (p *Part) place(node engine.Node, edge uint32) uint32 { return edge + p.topic.offset[node] }

func has(words []uint64, i uint32) bool { return words[i/64]>>(i%64)&1 == 1 }

func set(words []uint64, i uint32) { words[i/64] |= 1 << (i % 64) }

func unset(words []uint64, i uint32) { words[i/64] &^= 1 << (i % 64) }

// seen reports whether a node knows a message.
func (p *Part) seen(id engine.Handle, node engine.Node) bool {
	if int(id) >= len(p.rows) {
		return false
	}
	words := p.rows[id].seen
	return words != nil && has(words, p.topic.at(node))
}

// see makes a row for a message, if there is none.
func (p *Part) see(id engine.Handle, now engine.Instant) {
	if int(id) >= len(p.rows) {
		p.rows = append(p.rows, make([]row, max(int(id)+1, 2*len(p.rows))-len(p.rows))...)
	}
	r := &p.rows[id]
	if r.seen != nil {
		return
	}
	r.seen = line(&p.spare, p.nodes)
	r.first = now
	p.known = append(p.known, id)
}

// line returns a line of bits, a used one if there is one.
func line(spare *[][]uint64, size int) []uint64 {
	last := len(*spare) - 1
	if last < 0 {
		return make([]uint64, (size+63)/64)
	}
	words := (*spare)[last]
	*spare = (*spare)[:last]
	return words
}

// mark notes that a node knows a message from now on.
func (p *Part) mark(id engine.Handle, node engine.Node) {
	r, at := &p.rows[id], p.topic.at(node)
	set(r.seen, at)
	if r.moments != nil {
		r.moments[at] = 0
	}
}

// remember keeps a message for those who ask for it.
func (p *Part) remember(node engine.Node, id engine.Handle) {
	s := &p.topic.nodes[node]
	s.cache = append(s.cache, cached{id, s.beats})
}

// forget drops what is older than its time to live. A message itself lives twice as
// long, since other partitions may have come to know it as late as that.
func (p *Part) forget(c *engine.Partition) {
	ttl := p.topic.params.SeenTTL
	gone := 0
	for ; gone < len(p.known) && p.rows[p.known[gone]].first+ttl <= c.Now(); gone++ {
		r := &p.rows[p.known[gone]]
		clear(r.seen)
		p.spare = append(p.spare, r.seen)
		if r.unwanted != nil {
			clear(r.unwanted)
			p.spares = append(p.spares, r.unwanted)
		}
		p.unstamp(r)
		*r = row{}
	}
	p.known = drop(p.known, gone)
	p.age(c.Now(), gone)
	gone = 0
	for ; gone < len(p.own); gone++ {
		m := p.topic.messages.Get(p.own[gone])
		if m.At+2*ttl+graceHeartbeats*p.topic.params.Heartbeat > c.Now() {
			break
		}
		if p.topic.config.Expired != nil {
			p.topic.config.Expired(c, m)
		}
		p.topic.messages.Release(c, p.own[gone])
	}
	p.own = drop(p.own, gone)
}

// drop removes the first elements, in place.
func drop[T any](all []T, n int) []T {
	if n == 0 {
		return all
	}
	return all[:copy(all, all[n:])]
}
