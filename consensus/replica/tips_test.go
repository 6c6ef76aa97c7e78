package replica_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// TestWhatIsOnItsWayIsNotPushedAgain has a member say the same tips again: what
// it was pushed for the first may wait in its own queue.
func TestWhatIsOnItsWayIsNotPushedAgain(t *testing.T) {
	m := newMesh(t, 4)
	m.kill(3)
	for k := range 20 {
		m.submit(k%3, k)
		m.run(10 * time.Millisecond)
	}
	m.run(time.Minute)
	pushed, replies := 0, 0
	top := make([]dag.Round, 4)
	m.drop = func(from, to int, msg message.Message) bool {
		switch msg := msg.(type) {
		case *message.Blocks:
			if from == 0 && to == 3 {
				pushed += len(msg.Blocks)
				for _, b := range msg.Blocks {
					top[b.Author] = max(top[b.Author], b.Round)
				}
			}
		case *message.Tips:
			if from == 0 && to == 3 && msg.Reply {
				replies++
			}
		default:
		}
		return to == 3
	}
	nothing := &message.Tips{Highest: make([]dag.Round, 4)}
	said := 0
	say := func(what string, after time.Duration, tips *message.Tips, want bool) {
		t.Helper()
		m.run(after)
		pushed, said = 0, said+1
		m.deliver(3, 0, tips)
		if got := pushed > 0; got != want {
			t.Errorf("%s: %d blocks are pushed, want some: %t", what, pushed, want)
		}
	}
	const ms = time.Millisecond
	say("nothing is there", 0, nothing, true)
	all := &message.Tips{Highest: slices.Clone(top)}
	say("at once again", 10*ms, nothing, false)
	say("half a second later", 490*ms, nothing, true)
	say("again so much later", 490*ms, nothing, false)
	say("a second later", 20*ms, nothing, true)
	say("all has arrived", 2*time.Second, all, false)
	say("all is lost then", 260*ms, nothing, true)
	say("at once again", 10*ms, nothing, false)
	m.step(0, replica.Disconnected{Peer: m.nodes[3].key})
	m.step(0, replica.Connected{Peer: m.nodes[3].key})
	say("over another connection", 0, nothing, true)
	if replies != said {
		t.Errorf("%d of %d tips were answered with tips", replies, said)
	}
}

// TestAFewAreAskedAndMoreSeldomWithoutAnswer cuts off one of seven members from what
// others say, for a while.
func TestAFewAreAskedAndMoreSeldomWithoutAnswer(t *testing.T) {
	m := newMesh(t, 7)
	m.submit(0, 0)
	m.run(time.Second)
	asked := map[replica.Instant]int{}
	deaf := true
	m.drop = func(from, to int, msg message.Message) bool {
		if tips, ok := msg.(*message.Tips); ok && from == 0 && !tips.Reply {
			asked[m.now]++
		}
		return deaf && to == 0
	}
	m.submit(0, 1)
	m.run(30 * time.Second)
	var last, gap replica.Instant
	for i, at := range slices.Sorted(maps.Keys(asked)) {
		if asked[at] != replica.MaxAsked {
			t.Errorf("%d members are asked at once, want %d", asked[at], replica.MaxAsked)
		}
		if i > 1 && at-last < gap {
			t.Errorf("after %v without an answer some are asked again after %v", time.Duration(gap), time.Duration(at-last))
		}
		last, gap = at, at-last
	}
	longest := replica.DefaultTiming().TimeoutCap
	if gap != replica.Instant(longest) {
		t.Errorf("at last some are asked every %v, want every %v", time.Duration(gap), longest)
	}
	deaf = false
	id := m.submit(0, 2)
	m.run(longest + time.Second)
	if !slices.Contains(m.nodes[0].finals(), id) {
		t.Error("what was said while it was deaf is not made up for")
	}
}
