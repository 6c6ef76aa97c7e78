package sim

import (
	"fmt"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sync/message"
)

// sealed notes a batch of a node's own: its records wait to be replicated. One that a
// crash took is made anew, with the same seq.
func (t *notes) sealed(node int, b *dag.Batch) {
	if t.replicas[node].sealing == nil {
		t.replicas[node].sealing = make(map[dag.LaneID][]*dag.Batch)
	}
	list := t.replicas[node].sealing[b.Lane]
	for len(list) > 0 && list[len(list)-1].Seq >= b.Seq {
		list = list[:len(list)-1]
	}
	t.replicas[node].sealing[b.Lane] = append(list, b)
}

// replicated notes that enough members hold a node's lane up to a batch.
func (t *notes) replicated(w *World, node int, o *replica.Replicated) {
	for _, b := range t.unseal(node, o.Lane, o.Seq) {
		for _, r := range b.Items {
			if s := t.records[r.Statement()]; s != nil {
				t.reachedMembers(w, node, s)
			}
		}
	}
}

// unseal takes those of a node's own batches that wait no more: its lane has come so far.
func (t *notes) unseal(node int, lane dag.LaneID, seq dag.Seq) (through []*dag.Batch) {
	list, ok := t.replicas[node].sealing[lane]
	if !ok {
		return nil
	}
	n := 0
	for n < len(list) && list[n].Seq <= seq {
		n++
	}
	t.replicas[node].sealing[lane] = list[n:]
	return list[:n]
}

// reachedMembers notes, once, that a record is replicated, at the node that
// acknowledged it. One that is final is so, whatever that node has heard.
func (t *notes) reachedMembers(w *World, node int, s *story) {
	if s.since != 0 && s.node == node && !s.replicated {
		s.replicated = true
		t.book.Reached(result.Replicated, result.Instant(w.now), time.Duration(w.now-s.since), 1)
	}
}

// labelOf says in a few words what an event is about.
func labelOf(about any) string {
	switch x := about.(type) {
	case *parcel:
		if x.said == nil {
			return fmt.Sprintf("%d bytes", len(x.raw))
		}
		return describe(x.said)
	case *dag.Block:
		return describeBlock(x)
	case *store.Executed:
		return fmt.Sprintf("commit %d, leader %s, %d records", x.Commit.Index, describeRef(x.Commit.Leader), len(x.Records))
	case *message.Commits:
		return fmt.Sprintf("hears of commit %d, certified", x.Certified.Commit)
	case replica.Alarm:
		return fmt.Sprintf("alarm %s: %s", x.Kind, x.Detail)
	}
	return ""
}

// lost notes a message that will not arrive, as far as its sender's world knows.
func (t *notes) lost(w *World, from, to int, p *parcel) {
	bytes, _ := p.weight(w.domain)
	t.event(w, from, to, result.Lost, kindOf(p.said), p.number, uint64(bytes), p)
}

// woke notes that a node's alarm clock rang.
func (t *notes) woke(w *World, node int) { t.event(w, node, nobody, result.Woke, 0, 0, 0, nil) }

// alarmed notes what a node tells its operator.
func (t *notes) alarmed(w *World, node int, a replica.Alarm) {
	t.event(w, node, nobody, result.Marked, 0, 0, 0, a)
}

// maxWeighed is how many replicas of a site are weighed at a time. In a mesh of
// thousands each has as many lanes: the others hold what these do.
const maxWeighed = 64

// held returns about how much memory the site's replicas take.
func (t *notes) held(w *World) uint64 {
	bytes, some := uint64(0), min(len(w.nodes), maxWeighed)
	for i := range some {
		if n := w.nodes[i*len(w.nodes)/some]; n.replica != nil {
			h := n.replica.Holdings()
			bytes += uint64(h.Bytes(len(w.founding.Committee.Members)))
		}
	}
	return bytes * uint64(len(w.nodes)) / uint64(some)
}
