package sim

import (
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/scenario"
)

// drawing is a window of the DAG in one site: the blocks that some of its nodes
// make or get to know in some time. Nothing is decided by it.
type drawing struct {
	number   uint32 // in the results
	from, to replica.Instant
	watched  []bool // by node
	blocks   map[dag.BlockID]bool
	newest   dag.CommitIndex // that a watched node has reported
}

// drawings returns the windows of all sites, in the order of the scenario and then
// of the sites: what results say of them, and for each site what it draws.
func (x *Experiment) drawings() (windows []result.Window, bySite [][]*drawing) {
	bySite = make([][]*drawing, len(x.roster.Plants))
	for i := range x.scenario.Outputs.DAG {
		w := &x.scenario.Outputs.DAG[i]
		var last *drawing
		plant := -1
		for _, node := range x.roster.Watched(w) { // ascending, so plants are too
			p := &x.roster.Plants[x.roster.Plant(node)]
			if at := x.roster.Plant(node); at != plant {
				plant = at
				last = &drawing{
					number: uint32(len(windows)), from: instant(w.From), to: instant(untilOf(w)),
					blocks: make(map[dag.BlockID]bool),
				}
				windows = append(windows, result.Window{
					Mesh: uint32(plant), From: result.Instant(w.From), To: result.Instant(untilOf(w)),
				})
				bySite[plant] = append(bySite[plant], last)
			}
			for len(last.watched) <= node-p.First {
				last.watched = append(last.watched, false)
			}
			last.watched[node-p.First] = true
		}
	}
	return windows, bySite
}

// watches returns what the event log is to hold.
func (x *Experiment) watches() (asked result.Asked) {
	for i := range x.scenario.Outputs.Events {
		w := &x.scenario.Outputs.Events[i]
		watch := result.Watch{From: result.Instant(w.From), To: result.Instant(untilOf(w))}
		for _, node := range x.roster.Watched(w) {
			watch.Nodes = append(watch.Nodes, result.Node(node))
		}
		asked = append(asked, watch)
	}
	return asked
}

// untilOf returns when a window ends.
func untilOf(w *scenario.Window) time.Duration {
	if w.Until == 0 {
		return 1<<63 - 1
	}
	return w.Until
}

// sees reports whether what happens to a node now belongs to the drawing.
func (d *drawing) sees(now replica.Instant, node int) bool {
	return now >= d.from && now < d.to && node < len(d.watched) && d.watched[node]
}

// knows notes that a node has a block.
func (t *notes) knows(w *World, node int, b *dag.Block) {
	for _, d := range t.drawings {
		if !d.sees(w.now, node) || d.blocks[b.ID()] {
			continue
		}
		d.blocks[b.ID()] = true
		drawn := result.Block{
			Window: d.number, ID: word(b.ID()), Round: uint64(b.Round), Author: uint32(b.Author), At: result.Instant(w.now),
		}
		for _, parent := range b.Parents {
			drawn.Parents = append(drawn.Parents, word(parent.ID))
		}
		t.book.Block(drawn)
	}
}

// decided notes that a commit is final on a node.
func (t *notes) decided(w *World, node int, c *dag.Commit) {
	for _, d := range t.drawings {
		if !d.sees(w.now, node) || c.Index <= d.newest {
			continue
		}
		d.newest = c.Index
		t.book.Decided(result.Decision{
			Window: d.number, Round: uint64(c.Leader.Round), Author: uint32(c.Leader.Author),
			Committed: true, Block: word(c.Leader.ID), At: result.Instant(w.now),
		})
	}
}
