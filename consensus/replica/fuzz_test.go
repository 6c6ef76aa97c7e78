package replica_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

// FuzzStep drives one Replica with any sequence of inputs: what an honest mesh
// said, in any order and number, and what a member signs that obeys no rule
// but the codec's. It must not panic, and must keep its contract.
func FuzzStep(f *testing.F) {
	m := newMesh(f, 4)
	var said []message.Message
	m.drop = func(_, to int, msg message.Message) bool {
		if to == 0 {
			said = append(said, msg)
		}
		return to == 0
	}
	m.kill(0)
	for k := range 40 {
		m.submit(1+k%3, k)
		m.run(4 * time.Millisecond)
	}
	m.run(2 * time.Second)
	for seed := range byte(8) {
		script := make([]byte, 600)
		rng := rand.New(rand.NewPCG(uint64(seed), 0))
		for i := range script {
			script[i] = byte(rng.Uint32())
		}
		f.Add(script)
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, script []byte) {
		p := &puppet{tb: t, mesh: m, said: said, script: script, store: store.NewMemory()}
		p.start()
		for len(p.script) > 0 {
			p.act()
		}
	})
}

// puppet is a Replica at the strings of a script.
type puppet struct {
	tb      testing.TB
	mesh    *mesh
	said    []message.Message
	script  []byte
	store   *store.Memory
	replica *replica.Replica
	now     replica.Instant
	seq     uint64
	rounds  map[dag.Round]dag.BlockID
	next    int // of what was said
}

func (p *puppet) start() {
	from, err := p.store.Restore(p.mesh.nodes[0].key, 1<<10)
	if err != nil {
		p.tb.Fatal(err)
	}
	config := p.mesh.nodes[0].config
	config.Rand = rand.New(rand.NewPCG(1, 1))
	if p.replica, err = replica.New(config, from); err != nil {
		p.tb.Fatal(err)
	}
	p.seq = 0
	if p.rounds == nil {
		p.rounds = map[dag.Round]dag.BlockID{}
	}
}

func (p *puppet) byte() byte {
	if len(p.script) == 0 {
		return 0
	}
	b := p.script[0]
	p.script = p.script[1:]
	return b
}

// act carries out one line of the script.
func (p *puppet) act() {
	peer := p.mesh.nodes[1+p.byte()%3].key
	switch op := p.byte(); op % 16 {
	case 0:
		p.now += replica.Instant(p.byte()) * 10e6
		p.step(replica.Tick{})
	case 1:
		p.step(replica.Connected{Peer: peer})
	case 2:
		p.step(replica.Disconnected{Peer: peer})
	case 3:
		p.step(replica.Persisted{Seq: p.seq})
	case 4:
		p.say(peer, p.said[(int(p.byte())<<8|int(p.byte()))%len(p.said)])
	case 5:
		p.say(peer, &message.Blocks{Blocks: []*dag.Block{p.block()}})
	case 6:
		p.say(peer, batchesOf(p.batch()))
	case 7:
		p.start()
	case 8:
		p.say(peer, &message.Tips{Highest: make([]dag.Round, p.byte()%6), Lanes: []message.LaneTip{{
			Lane: dag.LaneID{Key: peer, Number: dag.LaneNumber(p.byte())}, Seq: dag.Seq(p.byte()),
		}}})
	default: // what was said, in order
		p.say(peer, p.said[p.next%len(p.said)])
		p.next++
	}
}

// batch makes a batch of member 3 that need not follow any other.
func (p *puppet) batch() *dag.Batch {
	seq, prev := dag.Seq(p.byte()%8+1), dag.BatchID{}
	if seq > 1 {
		prev[0] = p.byte()%2 + 1
	}
	return p.mesh.forge(3, seq, prev, int(p.byte()))
}

// block makes a block of member 3 that obeys the codec at most.
func (p *puppet) block() *dag.Block {
	body := dag.BlockBody{
		Epoch: p.mesh.genesis.Epoch(), Round: dag.Round(p.byte()) + 1, Author: 3, ClaimedAt: dag.UnixMilli(p.byte()),
	}
	for a := range dag.Author(3) {
		body.Parents = append(body.Parents, dag.BlockRef{Round: body.Round - 1, Author: a, ID: dag.BlockID{p.byte()}})
	}
	body.Acks = []dag.Ack{{
		Lane: dag.LaneID{Key: p.mesh.nodes[p.byte()%4].key}, First: dag.Seq(p.byte()) + 1, Batches: []dag.BatchID{{p.byte()}, {1}},
	}}
	return dag.SignBlock(p.mesh.genesis.Ledger(), body, p.mesh.nodes[3].config.MemberKey)
}

// say has the puppet receive a message as it would come over the wire.
func (p *puppet) say(from dag.PublicKey, msg message.Message) {
	good, errs := dag.Verify(p.mesh.verifier, []message.Message{msg})
	if errs[0] == nil {
		p.step(replica.Received{From: from, Message: good[0]})
	}
}

// step checks the contract: Persists are numbered in order, no round has two
// own blocks, and a wake that has passed is not asked for again and again.
func (p *puppet) step(in replica.Input) {
	out, _ := p.replica.Step(p.now, 1_700_000_000_000, in)
	for _, o := range out {
		switch o := o.(type) {
		case replica.Persist:
			if o.Seq != p.seq+1 {
				p.tb.Fatalf("persist %d follows %d", o.Seq, p.seq)
			}
			p.seq = o.Seq
			if err := p.store.Apply(o.Write); err != nil {
				p.tb.Fatal(err)
			}
		case replica.Broadcast:
			if blocks, ok := o.Message.(*message.Blocks); ok {
				b := blocks.Blocks[0]
				if other, ok := p.rounds[b.Round]; ok && other != b.ID() {
					p.tb.Fatalf("two own blocks in round %d", b.Round)
				}
				p.rounds[b.Round] = b.ID()
			}
		case replica.Load:
			batches, err := p.store.Batches(o.IDs)
			if err != nil {
				p.tb.Fatal(err)
			}
			defer p.step(replica.Loaded{Batches: batches})
		default:
		}
	}
}
