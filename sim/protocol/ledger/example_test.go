package ledger_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/protocol"
	"github.com/floormesh/floormesh/sim/protocol/ledger"
)

// alone is an ordering rule for a committee of one: what it holds is next.
type alone struct{ ledger *ledger.Ledger }

func (r *alone) Hear(dag.PublicKey, protocol.Message) {}
func (r *alone) Connected(dag.PublicKey)              {}
func (r *alone) Leapt([]*dag.Commit)                  {}
func (r *alone) Wake() replica.Instant                { return replica.Never }

func (r *alone) Advance() {
	if !r.ledger.Undecided() {
		return
	}
	before := r.ledger.State()
	c := &dag.Commit{
		Epoch: before.Rules.Epoch, Index: before.Index + 1, Prev: before.Last,
		Leader: dag.BlockRef{Round: before.LeaderRound + 1, Author: r.ledger.Author()},
		Time:   max(before.Time, r.ledger.Wall()), Present: []byte{1}, Cut: r.ledger.Pending(before),
	}
	r.ledger.Decide(c.Seal())
}

// A rule of one member needs no messages. Its ledger does the rest.
func Example() {
	genesis, nodes, members := dagtest.Genesis(1)
	cfg := replica.Config{Founding: consensus.Found(genesis), NodeKey: nodes[0], MemberKey: members[0], Rand: rand.New(rand.NewPCG(1, 2))}
	machine, err := ledger.New(cfg, &store.Restored{}, func(l *ledger.Ledger) (ledger.Rule, error) {
		return &alone{l}, nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := dagtest.Reading(genesis.ID(), dagtest.DeviceKey(0), 1)
	good, _ := dag.Verify(dag.NewVerifier(genesis.Domain(), dagtest.Random(1)), []*dag.Record{r})
	out, wake := machine.Step(0, 1_800_000_000_000, replica.Submitted{Records: []replica.Submission{{Ticket: 1, Record: good[0]}}})
	for _, o := range out {
		switch o := o.(type) {
		case replica.Stored:
			fmt.Println("stored", o.Record == r.ID())
		case replica.Final:
			fmt.Println("final: commit", o.Executed.Commit.Index, "with", len(o.Executed.Records), "record")
		case replica.Certified:
			fmt.Println("certified: log of", o.Checkpoint.Size)
		default: // writes, and messages to nobody
		}
	}
	fmt.Println("asleep:", wake == replica.Never)
	// Output:
	// stored true
	// final: commit 1 with 1 record
	// certified: log of 2
	// asleep: true
}
