package replica_test

import (
	"slices"
	"testing"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

// lose takes everything from a node that is down: its store, and what it told.
func (m *mesh) lose(i int) {
	h := m.nodes[i]
	h.store, h.final, h.alarms, h.stored = store.NewMemory(), nil, nil, map[dag.RecordID]bool{}
}

// restart starts a node anew with what its store holds.
func (m *mesh) restart(i int) {
	if !m.nodes[i].down {
		m.kill(i)
	}
	m.nodes[i].alarms = nil
	m.start(i)
	m.step(i, replica.Tick{})
	m.connect(i)
}

// signs collects what a node signs from now on.
func (m *mesh) signs(i int) (blocks *[]*dag.Block, cosignatures *[]*checkpoint.Cosignature) {
	blocks, cosignatures = new([]*dag.Block), new([]*checkpoint.Cosignature)
	m.drop = func(from, _ int, msg message.Message) bool {
		if from != i {
			return false
		}
		switch msg := msg.(type) {
		case *message.Blocks:
			for _, b := range msg.Blocks {
				if int(b.Author) == i && m.forgotten(b) {
					*blocks = append(*blocks, b)
				}
			}
		case *message.Cosign:
			*cosignatures = append(*cosignatures, msg.Cosignature)
		default:
		}
		return false
	}
	return blocks, cosignatures
}

// forgotten reports whether a block of a node is not in gw1's store, which has all
// that it signed before.
func (m *mesh) forgotten(b *dag.Block) bool {
	found, err := m.nodes[0].store.Blocks([]dag.BlockRef{b.Ref()})
	return err == nil && len(found) == 0
}

// TestAMemberThatForgotSignsNoMore gives a member an empty disk, has it work at
// once, and restarts it twice: it signs no block and no cosignature, follows, and
// its records become final.
func TestAMemberThatForgotSignsNoMore(t *testing.T) {
	m := newMesh(t, 4)
	var want []dag.RecordID
	for k := range 5 {
		want = append(want, m.submit(k%4, k))
		m.run(20 * time.Millisecond)
	}
	m.run(time.Minute)
	m.kill(3)
	m.lose(3)
	blocks, cosignatures := m.signs(3)
	m.start(3)
	want = append(want, m.submit(3, 100))
	m.run(time.Second)
	m.connect(3)
	for life := range 3 {
		m.run(time.Second)
		want = append(want, m.submit(0, 101+2*life), m.submit(3, 102+2*life))
		m.run(5 * time.Second)
		if life == 0 {
			m.wantFinal(want)
		}
		if !m.nodes[3].alarmed(replica.AlarmRetired) {
			t.Errorf("life %d: alarms %v, want that it is retired", life, m.nodes[3].alarms)
		}
		if len(*blocks)+len(*cosignatures) > 0 {
			t.Fatalf("life %d: it signed %d blocks and %d cosignatures", life, len(*blocks), len(*cosignatures))
		}
		m.restart(3)
	}
	m.run(time.Second)
	if got := len(m.nodes[0].finals()); got != len(want) {
		t.Errorf("%d records are final, want %d", got, len(want))
	}
	m.wantQuiet()
}

// TestThatAMemberIsRetiredIsDurableFirst looks at the order of outputs.
func TestThatAMemberIsRetiredIsDurableFirst(t *testing.T) {
	m := newMesh(t, 4)
	m.submit(0, 0)
	m.run(time.Second)
	m.kill(3)
	m.lose(3)
	m.start(3)
	blocks, err := m.nodes[0].store.Restore(m.nodes[0].key, 0)
	if err != nil {
		t.Fatal(err)
	}
	own := blocks.Blocks[slices.IndexFunc(blocks.Blocks, func(b *dag.Block) bool { return b.Author == 3 })]
	good, errs := dag.Verify(m.verifier, []message.Message{&message.Blocks{Blocks: []*dag.Block{own}}})
	if errs[0] != nil {
		t.Fatal(errs[0])
	}
	out, _ := m.nodes[3].Step(m.now, m.wall(), replica.Received{From: m.nodes[0].key, Message: good[0]})
	for _, o := range out {
		switch o := o.(type) {
		case replica.Persist:
			if o.Write.Retired != "" {
				return
			}
		default:
			t.Fatalf("%T comes before it is durable that the member is retired", o)
		}
	}
	t.Error("it is not durable that the member is retired")
}

// TestNoBlockBeforeAQuorumAnswered has a member work that nobody answers yet.
func TestNoBlockBeforeAQuorumAnswered(t *testing.T) {
	m := newMesh(t, 4)
	m.submit(0, 0)
	m.run(time.Second)
	m.kill(3)
	m.start(3)
	signed := 0
	deaf := true
	m.drop = func(from, to int, msg message.Message) bool {
		if blocks, ok := msg.(*message.Blocks); ok && from == 3 {
			for _, b := range blocks.Blocks {
				if b.Author == 3 {
					signed++
				}
			}
		}
		_, tips := msg.(*message.Tips)
		return tips && to == 3 && (from == 0 || from == 2 && deaf) // one answer too few, then just enough
	}
	m.connect(3)
	id := m.submit(0, 1)
	m.run(3 * time.Second)
	if signed > 0 {
		t.Errorf("%d messages with own blocks before anybody answered", signed)
	}
	deaf = false
	m.kill(0) // from now on the others need it
	second := m.submit(3, 2)
	m.run(3 * time.Second)
	if signed == 0 {
		t.Error("no block after a quorum answered")
	}
	for _, want := range []dag.RecordID{id, second} {
		if !slices.Contains(m.nodes[3].finals(), want) {
			t.Errorf("record %v is not final", want)
		}
	}
	m.wantQuiet()
}

// TestALostStoreTakesNewLanes loses a node's store and has it accept records at
// once, with nobody in reach: no lane is forked, and every record becomes final.
func TestALostStoreTakesNewLanes(t *testing.T) {
	m := newMesh(t, 4)
	var want []dag.RecordID
	for k := range 3 {
		want = append(want, m.submit(3, k))
		m.run(100 * time.Millisecond)
	}
	m.run(2 * time.Minute)
	m.kill(3)
	m.lose(3)
	m.start(3)
	want = append(want, m.submit(3, 10))
	m.run(time.Second)
	m.kill(3)
	m.start(3) // the new number is remembered
	want = append(want, m.submit(3, 11))
	m.run(time.Second)
	m.connect(3)
	want = append(want, m.submit(3, 12))
	m.run(5 * time.Second)
	m.wantFinal(want)
	lanes := map[dag.LaneNumber]bool{}
	for i, h := range m.nodes {
		if h.alarmed(replica.AlarmForkedLane) {
			t.Errorf("gw%d: alarms %v, want no forked lane", i+1, h.alarms)
		}
		for _, x := range h.final {
			for _, r := range x.Records {
				lanes[r.Lane.Number] = true
			}
		}
	}
	if len(lanes) != 2 || !lanes[0] {
		t.Errorf("records lie in lanes %v, want lane 0 and one later", lanes)
	}
	m.wantQuiet()
}
