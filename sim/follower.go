package sim

import (
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sim/oracle"
	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/scenario"
	"github.com/floormesh/floormesh/sync/message"
)

// follower is a node that takes part in its site's gossip and keeps no ledger: a processor, a
// line and connections, but neither a Replica nor a disk. It checks what it hears, passes it on,
// and remembers what is certified. There are tens of thousands in a mesh, so that it is kept small.
type follower struct {
	newest dag.CommitIndex // of the checkpoints that it has heard of in this life, the last one's commit
	life   uint32          // counts starts
	up     bool
}

// follower returns the follower with a number: they come after the replicas. nil: it is none.
func (w *World) follower(node int) *follower {
	if i := node - len(w.nodes); i >= 0 && i < len(w.followers) {
		return &w.followers[i]
	}
	return nil
}

// lifeOf returns which life a replica or follower lives, 0 if it is down.
func (w *World) lifeOf(node int) uint32 {
	if f := w.follower(node); f != nil {
		return f.life * uint32(boolean(f.up))
	}
	n := w.nodes[node]
	return n.life * uint32(boolean(n.up))
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// start starts a follower that is down. It knows nothing of its earlier lives.
func (f *follower) start(w *World, node int) {
	f.newest, f.up = 0, true
	f.life++
	w.peers.clear(node)
	w.site.rest(node)
	w.site.carrier.rise(w, node)
}

// rest lets a node's processor drop all work.
func (x *site) rest(node int) {
	if p := x.pool(node); p != nil {
		p.rest(node)
	}
	x.cpus[node].Rest()
}

// stop takes the power away.
func (f *follower) stop(w *World, node int) {
	f.up = false
	w.site.carrier.fall(node)
}

// hear is a message that the follower has found valid and passed on.
func (f *follower) hear(w *World, node int, p *parcel) {
	m, ok := p.said.(*message.Commits)
	if !ok || m.Certified == nil || m.Certified.Commit <= f.newest {
		return
	}
	f.newest = m.Certified.Commit
	w.trace.fold(uint64(node), uint64(f.newest))
	w.site.notes.follows(w, node, m)
}

// follows notes that a follower has heard of a newer certified commit.
func (t *notes) follows(w *World, node int, m *message.Commits) {
	t.event(w, node, nobody, result.Marked, commitKind, 0, uint64(m.Certified.Commit), m)
}

// hear gives a valid message that was gossiped to the node that it came to.
func (w *World) hear(node, from int, p *parcel) {
	if f := w.follower(node); f != nil {
		f.hear(w, node, p)
		return
	}
	w.nodes[node].hear(w, from, p)
}

// halt takes the power away from a node that a fault has hit, and more than that from its
// disk. Devices have none that could fail: see emit.
func (x *site) halt(w *World, node int, left scenario.DiskState) {
	if f := w.follower(node); f != nil {
		if f.up {
			f.stop(w, node)
			x.notes.crashed(w, node)
		}
	} else if node < len(w.nodes) {
		x.stop(w, w.nodes[node], left)
	}
}

// resume starts a node again that no fault keeps down any more.
func (x *site) resume(w *World, node int) error {
	if x.downs[node] > 0 || node >= w.peers.graph.Nodes() || w.lifeOf(node) != 0 {
		return nil
	}
	var err error
	if f := w.follower(node); f != nil {
		f.start(w, node)
	} else {
		err = w.nodes[node].start(w)
	}
	x.notes.restarted(w, node)
	return err
}

// roleCounts returns how many of a plant's nodes run a Replica and how many follow. Replicas
// come first: see scenario.Validate.
func (x *site) roleCounts() (replicas, followers int) {
	for _, role := range gossiping() {
		_, count := x.roster.Plants[x.plant].Range(role)
		if x.scenario.Roles.Of(role).Fidelity == scenario.FidelityReplica {
			replicas += count
		} else {
			followers += count
		}
	}
	return replicas, followers
}

// gossiping are the roles of the nodes that gossip, in the order in which these are numbered.
func gossiping() []scenario.Role {
	return []scenario.Role{scenario.RoleMember, scenario.RoleGateway, scenario.RoleObserver}
}

// equip gives replicas and followers their processors.
func (x *site) equip(w *World) {
	for _, role := range gossiping() {
		_, count := x.roster.Plants[x.plant].Range(role)
		what := x.scenario.Roles.Of(role)
		costs := scaled(x.costs, what.Speed)
		x.cpus = append(x.cpus, oracle.NewCPUs(count, what.Cores)...)
		for range count {
			x.prices = append(x.prices, &costs)
		}
	}
	for i, n := range w.nodes {
		n.labour = newLabour(&x.cpus[i], x.prices[i], n)
		n.disk.behind = mostBehind
	}
}

// doors returns how many nodes take records: the members, and the gateways if they have lanes.
func (x *site) doors() int {
	p := &x.roster.Plants[x.plant]
	if x.scenario.Roles.Gateway.Fidelity == scenario.FidelityReplica {
		return p.Members + p.Gateways
	}
	return p.Members
}

// list adds to a genesis what stands for the followers: one gateway without a seat, which never
// speaks. Members tell what is certified to a mesh in which somebody has none. In a real genesis each
// follower has an entry; one does what all of them would, and takes the memory of one.
func (x *site) list(w *World, g *dag.Genesis) {
	if len(w.followers) == 0 || len(w.nodes) > w.members || x.scenario.Protocol.Ordering != scenario.OrderingFloormesh {
		return
	}
	key := newKey(w.crypto, newStream(w.plan.Seed, len(w.nodes), purposeKeys))
	g.Gateways = append(g.Gateways, dag.Gateway{Name: "followers", Node: key.Public()})
}
