package check

import (
	"slices"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// disks is what certainly survives crashes of honest nodes, as far as it matters
// still: which members hold a block or a batch that blocks may refer to, and
// what nodes have made themselves.
type disks struct {
	nodes []subject
	heard []int // honest members: nobody asks what the others rest on
	// blocks is by age: what is older than two windows of rounds is referred to no more.
	blocks [2]map[dag.BlockID]members
	turned dag.Round // highest of an honest block when they last grew older
	// batches is what some member may ack still, given its base.
	batches map[dag.BatchID]holders
	cuts    map[dag.LaneID]dag.Seq           // up to which nobody does
	commits []*dag.Commit                    // whose cuts some member may list still
	dropped dag.CommitIndex                  // the last before them
	indices map[dag.CommitID]dag.CommitIndex // of them
}

// disk is one node's.
type disk struct {
	unreported []*store.Executed // durable and not seen in a Final yet, by index
	author     int               // its place in the committee, -1: none
	own        []dag.BlockID     // durable and not sent yet
	executed   dag.CommitIndex   // the last durable one
	base       dag.CommitIndex   // of its newest block that was sent
}

// holders is who holds a batch durably.
type holders struct {
	members members
	owner   bool
}

// members is a set of committee members.
type members [dag.MaxCommittee / 64]uint64

func (m *members) add(author int)      { m[author/64] |= 1 << (author % 64) }
func (m *members) has(author int) bool { return m[author/64]>>(author%64)&1 == 1 }

func newDisks(g *dag.Genesis, honest []bool) disks {
	d := disks{
		blocks:  [2]map[dag.BlockID]members{{}, {}},
		batches: map[dag.BatchID]holders{}, cuts: map[dag.LaneID]dag.Seq{},
		indices: map[dag.CommitID]dag.CommitIndex{},
	}
	next := 0
	for i := range g.Gateways {
		own := disk{author: -1}
		if !g.Gateways[i].Member.IsZero() {
			own.author = next
			next++
			if honest[i] {
				d.heard = append(d.heard, i)
			}
		}
		d.nodes = append(d.nodes, subject{disk: own})
	}
	return d
}

// durable notes what survives any crash of an honest node from now on.
func (s *Suite) durable(node int, w *store.Write) {
	d := &s.disks
	own := &d.nodes[node].disk
	own.unreported = append(own.unreported, w.Executed...)
	if s.skip.durability {
		return
	}
	for _, b := range w.Blocks {
		if own.author >= 0 {
			held := d.blocks[0][b.ID()]
			held.add(own.author)
			d.blocks[0][b.ID()] = held
		}
		if int(b.Author) == own.author {
			own.own = append(own.own, b.ID())
		}
	}
	for _, b := range w.Batches {
		mine := s.nodeOf(b.Lane.Key) == node
		if own.author < 0 && !mine || b.Seq <= d.cuts[b.Lane] {
			continue
		}
		held := d.batches[b.ID()]
		if own.author >= 0 {
			held.members.add(own.author)
		}
		held.owner = held.owner || mine
		d.batches[b.ID()] = held
	}
	if n := len(w.Executed); n > 0 {
		own.executed = max(own.executed, w.Executed[n-1].Commit.Index)
	}
}

// extend notes a new commit of the one ledger.
func (d *disks) extend(c *dag.Commit) {
	d.commits = append(d.commits, c)
	d.indices[c.ID()] = c.Index
}

// reported drops what has been reported up to an index.
func (d *disks) reported(node int, index dag.CommitIndex) {
	own := &d.nodes[node].disk
	own.unreported = slices.DeleteFunc(own.unreported, func(e *store.Executed) bool { return e.Commit.Index <= index })
}

// holds reports whether a node's disk has a block.
func (d *disks) holds(node int, id dag.BlockID) bool {
	author := d.nodes[node].disk.author
	for _, age := range d.blocks {
		if held := age[id]; author >= 0 && held.has(author) {
			return true
		}
	}
	return false
}

// sent notes that a member's new block leaves it, and reports whether its disk
// has that block. Blocks leave in the order in which they were made: what lies up
// to the base of this one is listed no more, unless a crash takes back what was
// executed.
func (s *Suite) sent(node int, b *dag.Block) (held bool) {
	d := &s.disks
	own := &d.nodes[node].disk
	if at := slices.Index(own.own, b.ID()); at >= 0 {
		own.own, held = own.own[at+1:], true
	}
	if index, ok := d.indices[b.Base]; ok {
		own.base = max(own.base, index)
	}
	window := dag.Round(s.genesis.WindowRounds)
	if s.calm.highest > d.turned+2*window {
		d.turned = s.calm.highest
		d.blocks[0], d.blocks[1] = d.blocks[1], d.blocks[0]
		clear(d.blocks[0])
	}
	d.dropListed()
	return held || d.holds(node, b.ID())
}

// dropListed drops the batches that no honest member lists any more.
func (d *disks) dropListed() {
	least := d.dropped + dag.CommitIndex(len(d.commits))
	for _, node := range d.heard {
		least = min(least, d.nodes[node].disk.executed, d.nodes[node].disk.base)
	}
	for d.dropped < least {
		c := d.commits[0]
		for _, change := range c.Cut {
			d.cuts[change.Lane] = change.Seq
			for _, id := range change.Batches {
				delete(d.batches, id)
			}
		}
		delete(d.indices, c.ID())
		d.commits[0], d.commits = nil, d.commits[1:]
		d.dropped++
	}
}
