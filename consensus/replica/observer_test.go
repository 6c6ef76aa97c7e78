package replica_test

import (
	"slices"
	"testing"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// observe makes gw4 a node that is no member: its member key is not the genesis'.
func observe(m *mesh) {
	m.nodes[3].config.MemberKey = dag.NewPrivateKey([32]byte{99})
	m.restart(3)
}

// TestAnObserverFollows has a node that is no member take part: it signs neither
// blocks nor cosignatures, its records become final, and it has the others' log,
// also after it was away.
func TestAnObserverFollows(t *testing.T) {
	m := newMesh(t, 4)
	observe(m)
	blocks, cosignatures := m.signs(3)
	var want []dag.RecordID
	submit := func(n int) {
		for range n {
			k := len(want)
			want = append(want, m.submit([]int{0, 1, 2, 3}[k%4], k))
			m.run(5 * time.Millisecond)
		}
	}
	submit(40)
	m.run(2 * time.Second)
	m.wantFinal(want)
	m.kill(3)
	for range 800 { // longer than a window
		k := len(want)
		want = append(want, m.submit(k%3, k))
		m.run(5 * time.Millisecond)
	}
	m.start(3)
	m.connect(3)
	submit(40)
	m.run(3 * time.Second)
	m.wantFinal(want)
	if len(*blocks)+len(*cosignatures) > 0 {
		t.Errorf("it signed %d blocks and %d cosignatures", len(*blocks), len(*cosignatures))
	}
	m.wantQuiet()
}

// TestAnObserverNeedsNoBlocks lets it hear of certified checkpoints only.
func TestAnObserverNeedsNoBlocks(t *testing.T) {
	m := newMesh(t, 4)
	observe(m)
	m.drop = func(_, to int, msg message.Message) bool {
		_, blocks := msg.(*message.Blocks)
		return blocks && to == 3
	}
	var want []dag.RecordID
	for k := range 60 {
		want = append(want, m.submit(k%4, k))
		m.run(20 * time.Millisecond)
	}
	m.run(3 * time.Second)
	m.wantFinal(want)
	if got := m.nodes[3].finals(); !slices.Equal(got, m.nodes[0].finals()) {
		t.Error("it has another log")
	}
	if a := m.nodes[3].alarms; len(a) > 0 {
		t.Errorf("alarms %v", a)
	}
	m.wantQuiet()
}
