package check_test

import (
	"strings"
	"testing"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/check"
)

// TestRecovery starts a node again with what its disk kept, and with less.
func TestRecovery(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(at *replica.Standing)
		want   string
	}{
		{"all of it", func(*replica.Standing) {}, ""},
		{"a commit is lost", func(at *replica.Standing) { at.Commit-- }, "is at commit 0, while its disk has 1"},
		{"another log", func(at *replica.Standing) { at.Root[0]++ }, "its log at commit 1"},
		{"no certificate", func(at *replica.Standing) { at.Certified = 0 }, "knows that commit 0 is certified"},
		{"a signature is forgotten", func(at *replica.Standing) { at.Cosigned = 0 }, "signed logs up to 0"},
		{"a block is forgotten", func(at *replica.Standing) { at.Newest = 6 }, "up to round 6, and made them up to 7"},
		{"another state", func(at *replica.Standing) { at.State = []byte("frozen: none") }, "its state at commit 1, of 7 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLedger(t)
			l.submit()
			e := l.executed(5)
			l.Durable(0, &store.Write{
				Executed: []*store.Executed{e}, Cosigned: e.Size, Blocks: []*dag.Block{l.block(7, 1)},
				Certified: []*checkpoint.Certified{{Checkpoint: checkpoint.Checkpoint{Commit: 1}}},
			})
			stood := replica.Standing{
				Commit: 1, Size: e.Size, Root: e.Root, Certified: 1, Cosigned: e.Size, Newest: 7, State: []byte("frozen!"),
			}
			again := stood
			c.change(&again)
			l.Resumed(0, again)
			l.Revived(0, stood, again)
			expect(t, l.Suite, check.Recovery, c.want)
		})
	}
}

// TestRecoveryOfCuts leaves a node behind the others.
func TestRecoveryOfCuts(t *testing.T) {
	l := newLedger(t)
	l.submit()
	l.Final(0, l.executed(5))
	l.AtRest(0)
	expect(t, l.Suite, check.Recovery, "at n1: rests at the cut of commit 0, others at that of commit 1")
}

// expect compares what was found of one property with a part of it, "" for nothing.
func expect(t *testing.T, s *check.Suite, property, want string) {
	t.Helper()
	var all []string
	for _, v := range s.Violations() {
		if v.Property == property {
			all = append(all, v.String())
		}
	}
	if text := strings.Join(all, "\n"); want == "" && text != "" || !strings.Contains(text, want) {
		t.Errorf("found %q, want %q in it", text, want)
	}
}
