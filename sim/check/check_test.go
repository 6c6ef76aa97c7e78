package check_test

import (
	"strings"
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/dag/merkle"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/check"
	"github.com/floormesh/floormesh/sync/message"
)

// ledger is a suite with two honest nodes and a liar, and one batch of the first.
type ledger struct {
	*check.Suite

	genesis *dag.Genesis
	nodes   []dag.PrivateKey
	members []dag.PrivateKey
	batch   *dag.Batch
}

func newLedger(t *testing.T) *ledger {
	g, nodes, members := dagtest.Genesis(3)
	l := &ledger{
		Suite: check.New(g, []bool{true, true, false}), genesis: g, nodes: nodes, members: members,
		batch: dagtest.Lane(t, g, nodes[0], dag.LaneReadings, 1, 2)[0],
	}
	l.Exists(l.batch)
	return l
}

func (l *ledger) submit() {
	for _, r := range l.batch.Items {
		l.Submitted(0, r)
	}
}

// acknowledge has the first node store the batch and say so.
func (l *ledger) acknowledge() {
	l.submit()
	l.Durable(0, &store.Write{Batches: []*dag.Batch{l.batch}})
	l.Stored(0, l.batch.Items[0])
}

// settled complains if something is not final yet.
func (l *ledger) settled() {
	if !l.Settled() {
		l.Failf(check.Liveness, -1, "not settled: %s", l.Unsettled())
	}
}

// executed returns what a node reports when the batch is final.
func (l *ledger) executed(time dag.UnixMilli) *store.Executed {
	c := (&dag.Commit{
		Epoch: l.genesis.Epoch(), Index: 1, Leader: dag.BlockRef{Round: 1}, Time: time, Present: []byte{7},
		Cut: []dag.CutChange{{Lane: l.batch.Lane, Seq: 1, Batches: []dag.BatchID{l.batch.ID()}}},
	}).Seal()
	e := &store.Executed{Commit: c, HasLeaf: true, Outcome: &dag.Outcome{Commit: c.ID(), Records: 2}}
	var tree merkle.Frontier
	add := func(leaf []byte) { tree.Append(merkle.LeafHash(leaf), nil) }
	for i, r := range l.batch.Items {
		e.Records = append(e.Records, store.Executable{
			Lane: l.batch.Lane, Seq: 1, Item: uint16(i), Statement: r.Statement(), Record: r.ID(), Leaf: dag.LeafIndex(i),
		})
		leaf := merkle.RecordLeaf(r.Statement(), r.ID())
		add(leaf[:])
	}
	add(e.Outcome.Encode())
	e.Size, e.Root = tree.Size(), tree.Root()
	return e
}

func (l *ledger) block(round dag.Round, time dag.UnixMilli) *dag.Block {
	return dag.SignBlock(l.genesis.Ledger(), dag.BlockBody{
		Epoch: l.genesis.Epoch(), Round: round, ClaimedAt: time,
	}, l.members[0])
}

// passes has the first node send a block of a round as its first.
func (l *ledger) passes(round dag.Round) {
	b := l.block(round, 1)
	l.Durable(0, &store.Write{Blocks: []*dag.Block{b}})
	l.Said(0, &message.Blocks{Blocks: []*dag.Block{b}})
}

// TestCheckers shows each checker what it must find, and what it must not.
func TestCheckers(t *testing.T) {
	for _, c := range []struct {
		name string
		tell func(l *ledger)
		want string // property and a part of the detail, "" for nothing
	}{
		{"all final and not certified", func(l *ledger) {
			l.submit()
			l.Stored(0, l.batch.Items[0])
			l.Final(0, l.executed(5))
			l.Final(1, l.executed(5))
			if !l.Settled() {
				l.Failf(check.Liveness, -1, "not settled: %s", l.Unsettled())
			}
			l.AtRest(0)
		}, "of which 0 are certified"},
		{"all final", func(l *ledger) {
			l.submit()
			l.Stored(0, l.batch.Items[0])
			l.Final(0, l.executed(5))
			l.Final(1, l.executed(5))
			if !l.Settled() {
				l.Failf(check.Liveness, -1, "not settled: %s", l.Unsettled())
			}
		}, ""},
		{"another commit", func(l *ledger) {
			l.submit()
			l.Final(0, l.executed(5))
			l.Final(1, l.executed(6))
		}, "agreement violated after 0s at n1: commit 1: it is"},
		{"another root", func(l *ledger) {
			l.submit()
			l.Final(0, l.executed(5))
			e := l.executed(5)
			e.Root[0]++
			l.Final(1, e)
		}, "agreement violated after 0s at n1: commit 1: the log is"},
		{"wrong execution", func(l *ledger) {
			l.submit()
			e := l.executed(5)
			e.Records[1].Fate = store.Duplicate
			l.Final(0, e)
		}, "record 1 of batch 1: is"},
		{"invented record", func(l *ledger) { l.Final(0, l.executed(5)) }, "validity violated"},
		{"invented batch", func(l *ledger) {
			e := l.executed(5)
			e.Commit.Cut[0].Batches[0][0]++
			l.Final(0, e)
		}, "and nobody ever signed it"},
		{"gap", func(l *ledger) {
			e := l.executed(5)
			e.Commit.Index = 2
			l.Final(0, e)
		}, "order violated"},
		{"lost", func(l *ledger) {
			l.submit()
			l.Stored(0, l.batch.Items[0])
			if !l.Settled() {
				l.Failf(check.Liveness, -1, "%s", l.Unsettled())
			}
		}, "2 finalities are missing"},
		{"two blocks of a round", func(l *ledger) {
			for time := range dag.UnixMilli(2) {
				b := l.block(1, time)
				l.Durable(0, &store.Write{Blocks: []*dag.Block{b}})
				l.Said(0, &message.Blocks{Blocks: []*dag.Block{b}})
			}
		}, "sign-once violated after 0s at n0: signed blocks"},
		{"a block that a crash could take", func(l *ledger) {
			l.Said(0, &message.Blocks{Blocks: []*dag.Block{l.block(1, 1)}})
		}, "durability violated after 0s at n0: sends its block of round 1"},
		{"a batch that a crash could take", func(l *ledger) {
			l.Said(0, &message.Batches{Batches: []*dag.Batch{l.batch}})
		}, "durability violated after 0s at n0: sends batch 1"},
		{"a round left out", func(l *ledger) { l.passes(3) }, "pace violated after 0s at n0: goes from round 0 to round 3"},
		{"rounds left out behind a commit", func(l *ledger) {
			l.submit()
			l.Final(0, l.executed(5))
			l.passes(2)
		}, ""},
		{"a liar may do all that", func(l *ledger) {
			for time := range dag.UnixMilli(2) {
				l.Said(2, &message.Blocks{Blocks: []*dag.Block{l.block(1, time)}})
			}
			l.Blamed(2, 0, dag.ErrRule)
			l.Blamed(0, 2, dag.ErrRule)
		}, ""},
		{"blame among the honest", func(l *ledger) { l.Blamed(1, 0, dag.ErrRule) }, "good-faith violated"},
		{"what only a lost disk had", func(l *ledger) {
			l.acknowledge()
			l.Lost(0)
			l.settled()
		}, ""},
		{"what another disk has too", func(l *ledger) {
			l.acknowledge()
			l.Durable(1, &store.Write{Batches: []*dag.Batch{l.batch}})
			l.Lost(0)
			l.settled()
		}, "2 finalities are missing"},
		{"what lies in a lane that a lost disk closed", func(l *ledger) {
			l.acknowledge()
			l.Durable(1, &store.Write{Batches: []*dag.Batch{l.batch}})
			l.Lost(0)
			l.Exists(dagtest.Lane(t, l.genesis, l.nodes[0], dag.LaneReadings+dag.LaneClasses, 1, 1)[0])
			l.settled()
		}, ""},
		{"what was final on a lost disk", func(l *ledger) {
			l.acknowledge()
			l.Final(0, l.executed(5))
			l.Final(1, l.executed(5))
			l.Lost(0)
			l.settled()
		}, "n0 lost its disk and is at commit 0, and was at 1"},
		{"final on a lost disk again", func(l *ledger) {
			l.acknowledge()
			l.Final(0, l.executed(5))
			l.Final(1, l.executed(5))
			l.Lost(0)
			l.Restarted(0, &store.Restored{})
			l.Final(0, l.executed(5))
			l.settled()
		}, ""},
		{"a round that others saw before a disk was lost", func(l *ledger) {
			l.Durable(1, &store.Write{Blocks: []*dag.Block{l.block(2, 1)}})
			l.Durable(0, &store.Write{Blocks: []*dag.Block{l.block(2, 1)}})
			l.Ignore(check.Pace)
			l.Said(0, &message.Blocks{Blocks: []*dag.Block{l.block(2, 1)}})
			l.Lost(0)
			l.passes(1)
		}, "sign-once violated after 0s at n0: signed a block in round 1, though"},
		{"a round beyond those", func(l *ledger) {
			l.Ignore(check.Pace)
			l.passes(1)
			l.Durable(1, &store.Write{Blocks: []*dag.Block{l.block(1, 1)}})
			l.Lost(0)
			l.passes(2)
		}, ""},
		{"no rest", func(l *ledger) {
			l.Now(9)
			l.Stepped(1)
			l.AtRest(8)
		}, "still wakes up"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLedger(t)
			c.tell(l)
			var all []string
			for _, v := range l.Violations() {
				all = append(all, v.String())
			}
			switch text := strings.Join(all, "\n"); {
			case c.want == "" && text != "":
				t.Errorf("found %s", text)
			case !strings.Contains(text, c.want):
				t.Errorf("found %q, want %q in it", text, c.want)
			}
		})
	}
}
