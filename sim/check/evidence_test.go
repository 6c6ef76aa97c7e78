package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/dag/merkle"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/check"
	"github.com/floormesh/floormesh/sync/message"
)

// liar is the node of the genesis that lies.
const liar = 2

// trial is a suite with two honest nodes and one that signed everything twice.
type trial struct {
	*check.Suite

	genesis *dag.Genesis
	nodes   []dag.PrivateKey
	blocks  []*dag.Block // of one slot
	batches []*dag.Batch // of one place
	tree    merkle.Frontier
	commits dag.CommitIndex
	last    dag.CommitID
}

func newTrial(t *testing.T) *trial {
	g, nodes, members := dagtest.Genesis(3)
	x := &trial{Suite: check.New(g, []bool{true, true, false}), genesis: g, nodes: nodes}
	for i := range 3 {
		x.blocks = append(x.blocks, dag.SignBlock(g.Ledger(), dag.BlockBody{
			Epoch: g.Epoch(), Round: 1, Author: liar, ClaimedAt: dag.UnixMilli(i),
		}, members[liar]))
		x.batches = append(x.batches, x.batch(t, liar, dag.LaneReadings, x.record(t, fmt.Sprintf("reading %d", i))))
	}
	return x
}

func (x *trial) record(t *testing.T, payload string) *dag.Record {
	t.Helper()
	r, err := dag.SignRecord(x.genesis.Domain().Mesh, x.nodes[liar], dag.FormatSenMLCBOR, []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// batch returns the first batch of a lane.
func (x *trial) batch(t *testing.T, node int, lane dag.LaneNumber, r *dag.Record) *dag.Batch {
	t.Helper()
	b, err := dag.SignBatch(dag.BatchHeader{
		Ledger: x.genesis.Ledger(), Lane: dag.LaneID{Key: x.nodes[node].Public(), Number: lane}, Seq: 1,
	}, []*dag.Record{r}, x.nodes[node])
	if err != nil {
		t.Fatal(err)
	}
	x.Exists(b)
	return b
}

// proof returns a node's batch with evidence against the liar's lane.
func (x *trial) proof(t *testing.T, node int) *dag.Batch {
	t.Helper()
	evidence, err := dag.NewForkEvidence(x.batches[0].Header(), x.batches[1].Header())
	if err != nil {
		t.Fatal(err)
	}
	admin := dag.Admin{Ledger: x.genesis.Ledger(), Number: 1, Kind: dag.KindLaneFork, Body: evidence.Encode()}
	r, err := dag.SignRecord(x.genesis.Domain().Mesh, x.nodes[node], dag.FormatAdmin, admin.Encode())
	if err != nil {
		t.Fatal(err)
	}
	return x.batch(t, node, dag.LaneAdministration, r)
}

// accepts has a node accept blocks in one Step and say something of them.
func (x *trial) accepts(node int, says string, blocks ...*dag.Block) {
	out := []replica.Output{replica.Persist{Write: &store.Write{Blocks: blocks}}}
	if says != "" {
		out = append(out, replica.Alarm{Kind: replica.AlarmEquivocation, Detail: says})
	}
	x.Did(node, out)
}

// stores does the same with batches.
func (x *trial) stores(node int, says bool, batches ...*dag.Batch) {
	out := []replica.Output{replica.Persist{Write: &store.Write{Batches: batches}}}
	if says {
		out = append(out, replica.Alarm{Kind: replica.AlarmForkedLane, Detail: batches[0].Lane.String()})
	}
	x.Did(node, out)
}

// sends has a node send batches to all.
func (x *trial) sends(node int, batches ...*dag.Batch) {
	for _, b := range batches {
		x.Said(node, &message.Batches{Batches: []*dag.Batch{b}})
	}
}

// final has all honest nodes report that a batch of one record is final.
func (x *trial) final(b *dag.Batch, fate store.Fate) {
	x.commits++
	c := (&dag.Commit{
		Epoch: x.genesis.Epoch(), Index: x.commits, Prev: x.last, Leader: dag.BlockRef{Round: dag.Round(x.commits)}, Present: []byte{7},
		Cut: []dag.CutChange{{Lane: b.Lane, Seq: b.Seq, Batches: []dag.BatchID{b.ID()}}},
	}).Seal()
	x.last = c.ID()
	e := &store.Executed{Commit: c, HasLeaf: true, Outcome: &dag.Outcome{Commit: c.ID()}}
	r := b.Items[0]
	one := store.Executable{Lane: b.Lane, Seq: b.Seq, Statement: r.Statement(), Record: r.ID(), Fate: fate}
	if fate == store.Accepted {
		one.Leaf = dag.LeafIndex(x.tree.Size())
		leaf := merkle.RecordLeaf(r.Statement(), r.ID())
		x.tree.Append(merkle.LeafHash(leaf[:]), nil)
	}
	x.tree.Append(merkle.LeafHash(e.Outcome.Encode()), nil)
	e.Records, e.Size, e.Root = []store.Executable{one}, x.tree.Size(), x.tree.Root()
	for node := range liar {
		x.Final(node, e)
	}
}

// TestEvidence withholds what is due, and gives it.
func TestEvidence(t *testing.T) {
	slot := "member 2 in round 1"
	for _, c := range []struct {
		name string
		tell func(t *testing.T, x *trial)
		want string // a part of what is found or owed, "" for nothing
	}{
		{"two blocks and no word", func(_ *testing.T, x *trial) {
			x.accepts(0, "", x.blocks[0])
			x.accepts(0, "", x.blocks[1])
		}, "n0: accepted two blocks of member 2 in round 1, and said nothing"},
		{"two blocks, and of another it is said", func(_ *testing.T, x *trial) {
			x.accepts(1, "member 2 in round 2", x.blocks[0], x.blocks[1])
		}, "accepted two blocks"},
		{"two blocks, and it is not said whose", func(_ *testing.T, x *trial) {
			x.accepts(1, "somebody", x.blocks[0])
		}, "of somebody, and not of whom"},
		{"two blocks, said, and a third", func(_ *testing.T, x *trial) {
			x.accepts(0, "", x.blocks[0])
			x.accepts(0, slot, x.blocks[1])
			x.accepts(0, "", x.blocks[2])
		}, ""},
		{"one block each", func(_ *testing.T, x *trial) {
			x.accepts(0, "", x.blocks[0])
			x.accepts(1, "", x.blocks[1])
		}, ""},
		{"one block in each life", func(_ *testing.T, x *trial) {
			x.accepts(0, "", x.blocks[0])
			x.Restarted(0, &store.Restored{})
			x.accepts(0, "", x.blocks[1])
		}, ""},
		{"a block without the liar's that it refers to", func(_ *testing.T, x *trial) {
			x.accepts(0, "", x.blocks[0])
			x.accepts(0, "", x.above(x.blocks[1]))
		}, "refers to one of member 2 in round 1, which it has not"},
		{"a block with the liar's that a life before accepted", func(_ *testing.T, x *trial) {
			x.accepts(0, "", x.blocks[1])
			x.Restarted(0, &store.Restored{Blocks: x.blocks[1:2]})
			x.accepts(0, "", x.above(x.blocks[1]))
		}, ""},
		{"two batches and no word", func(_ *testing.T, x *trial) {
			x.stores(0, false, x.batches[0])
			x.stores(0, false, x.batches[1])
		}, "n0 stored two batches 1 of lane"},
		{"two batches of which one is final", func(_ *testing.T, x *trial) {
			x.stores(0, false, x.batches[0])
			x.stores(0, false, x.batches[1])
			x.final(x.batches[1], store.Accepted)
		}, ""},
		{"a fork that nothing proves", func(_ *testing.T, x *trial) {
			x.stores(1, true, x.batches[0], x.batches[1])
			x.sends(1, x.batches...)
		}, "n1 found lane"},
		{"a fork that was found before a crash", func(_ *testing.T, x *trial) {
			x.stores(1, true, x.batches[0], x.batches[1])
			x.Restarted(1, &store.Restored{})
		}, ""},
		{"a fork that is proven", func(t *testing.T, x *trial) {
			x.stores(1, true, x.batches[0], x.batches[1])
			x.sends(1, x.batches...)
			x.final(x.proof(t, 1), store.Accepted)
			x.final(x.batches[0], store.Frozen)
		}, ""},
		{"a fork that is proven and not spread", func(t *testing.T, x *trial) {
			x.stores(1, true, x.batches[0], x.batches[1])
			x.sends(1, x.batches[0])
			x.final(x.proof(t, 1), store.Accepted)
		}, "did not send both batches to everybody"},
		{"a fork that another proved", func(t *testing.T, x *trial) {
			x.stores(1, true, x.batches[0], x.batches[1])
			x.final(x.proof(t, liar), store.Accepted)
		}, ""},
		{"a lane goes on though it is proven forked", func(t *testing.T, x *trial) {
			x.final(x.proof(t, 1), store.Accepted)
			x.final(x.batches[0], store.Accepted)
		}, "has fate 0, and is the lane frozen by evidence: true"},
		{"a lane freezes though nothing proves a fork", func(_ *testing.T, x *trial) {
			x.final(x.batches[0], store.Frozen)
		}, "has fate 3, and is the lane frozen by evidence: false"},
		{"an honest owner is accused", func(t *testing.T, x *trial) {
			x.stores(1, true, x.proof(t, 0))
		}, "has no second batch of a liar"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newTrial(t)
			c.tell(t, x)
			text := x.Owed()
			for _, v := range x.Violations() {
				if v.Property == check.Evidence {
					text += v.String()
				}
			}
			if c.want == "" && text != "" || !strings.Contains(text, c.want) {
				t.Errorf("found %q, want %q in it", text, c.want)
			}
		})
	}
}

// above returns a block of the first node that refers to another.
func (x *trial) above(b *dag.Block) *dag.Block {
	body := dag.BlockBody{Epoch: x.genesis.Epoch(), Round: 2, Parents: []dag.BlockRef{b.Ref()}}
	return dag.SignBlock(x.genesis.Ledger(), body, x.nodes[0])
}
