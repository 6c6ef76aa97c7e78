package sim

import (
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/oracle"
)

// pool is the cores that all nodes of a site share, as processes on one machine do.
// Nodes with work take turns. A turn lasts until nothing is left of the node's work,
// what comes up meanwhile included, or for poolSlice: so one thing that leads to
// another (a Step, its sync, the Step after it) waits for the others once and not each time.
type pool struct {
	free   int         // cores
	line   *oracle.CPU // the same cores, were nobody to take turns: see owe
	queues []jobs
	turns  []int // nodes that wait, the next first
	under  engine.Slab[job]
}

// jobs is the work of one node.
type jobs struct {
	waiting []job
	turn    bool            // it stands in turns
	owed    replica.Instant // what the next piece takes beside its own
	used    replica.Instant // of its turn so far
	cores   int             // that work for it
}

// job is a piece of work and what happens when it is done.
type job struct {
	work replica.Instant
	life uint32
	then event
}

// poolSlice is how long a node's turn may be: about what Linux gives a process
// before another that waits has its turn.
const poolSlice = replica.Instant(3 * time.Millisecond)

func newPool(cores, nodes int) *pool {
	return &pool{free: cores, line: oracle.NewCPU(cores), queues: make([]jobs, nodes)}
}

// share makes the pools of those whose roles say so.
func (x *site) share(w *World) {
	first, nodes := 0, len(w.nodes)+len(w.followers)
	for _, name := range gossiping() {
		role := x.scenario.Roles.Of(name)
		_, count := x.roster.Plants[x.plant].Range(name)
		end := first + count
		if role.Shared && count > 0 {
			if x.pools == nil {
				x.pools = make([]*pool, nodes)
			}
			p := newPool(role.Cores, nodes)
			for node := first; node < end; node++ {
				x.pools[node] = p
			}
		}
		first = end
	}
}

// pool returns what a node shares its cores in, nil if it has its own.
func (x *site) pool(node int) *pool {
	if x == nil || x.pools == nil {
		return nil
	}
	return x.pools[node]
}

// aside gives a node's processor work that no event follows, and returns when it is done.
func (x *site) aside(node int, at, work replica.Instant) replica.Instant {
	if p := x.pool(node); p != nil {
		return p.owe(node, at, work)
	}
	return x.cpus[node].Do(at, work)
}

// do takes work. Its event happens when a core has done it.
func (p *pool) do(w *World, j job) {
	q := &p.queues[j.then.node]
	p.line.Do(w.now, j.work)
	q.waiting = append(q.waiting, j)
	if p.free > 0 {
		p.free--
		p.start(w, j.then.node)
		return
	}
	p.wait(j.then.node)
}

// owe takes work that no event follows: the node's next piece takes longer by it. What it
// returns is when a core would be done with it if all work were done in the order in which it
// comes. When the node's turn ends is not known yet: others may come up with more until then.
func (p *pool) owe(node int, at, work replica.Instant) replica.Instant {
	p.queues[node].owed += work
	return p.line.Do(at, work)
}

// rest forgets what a node that has died owes.
func (p *pool) rest(node int) { p.queues[node].owed = 0 }

// wait makes a node stand in turns, unless it does, has no work, or is served anyway.
func (p *pool) wait(node int) {
	q := &p.queues[node]
	if q.turn || len(q.waiting) == 0 || q.cores > 0 {
		return
	}
	q.turn = true
	p.turns = append(p.turns, node)
}

// start lets a core begin the next of a node's jobs.
func (p *pool) start(w *World, node int) {
	q := &p.queues[node]
	j := q.waiting[0]
	q.waiting[0], q.waiting = job{}, q.waiting[1:]
	if n := w.nodes[node]; !n.up || n.life != j.life {
		j.work = 0 // nobody works for one that died; its event finds that out
	} else {
		j.work, q.owed = j.work+q.owed, 0
	}
	q.cores++
	q.used += j.work
	w.schedule(event{at: w.now + j.work, node: node, load: p.under.Put(j), kind: worked})
}

// end is a core's being done with a job: what follows from it happens, and the core
// goes on with the node while its turn lasts, then with those who wait.
func (p *pool) end(w *World, done engine.Handle) error {
	j := p.under.Take(done)
	j.then.at = w.now
	err := w.handle(j.then) // the core is held meanwhile
	node := j.then.node
	q := &p.queues[node]
	q.cores--
	if len(q.waiting) > 0 && (q.used < poolSlice || len(p.turns) == 0) {
		p.start(w, node)
		return err
	}
	if q.cores == 0 {
		q.used = 0
		p.wait(node)
	}
	if len(p.turns) == 0 {
		p.free++
		return err
	}
	first := p.turns[0]
	p.turns = p.turns[1:]
	p.queues[first].turn = false
	p.start(w, first)
	return err
}
