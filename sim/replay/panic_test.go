package replay

import (
	"errors"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/consensus/replica/recording"
)

// TestAPanicNamesItsStep: a Replica that panics ends the replay and not the desk.
func TestAPanicNamesItsStep(t *testing.T) {
	p := &player{result: &Result{}, pen: &pen{}, stack: debug.Stack} // without a Replica any Step panics
	err := p.step(&recording.Step{Number: 17, Input: replica.Tick{}}, nil)
	panicked, is := errors.AsType[*PanicError](err)
	if !is || panicked.Step != 17 || !strings.HasPrefix(err.Error(), "the replica panics in step 17: ") {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(string(panicked.Stack), "Step") {
		t.Errorf("nothing of Step in the stack:\n%s", panicked.Stack)
	}
	if _, err := newPlayer(&recording.Start{}, nil); err == nil || !strings.HasPrefix(err.Error(), "the replica panics while it starts: ") {
		t.Errorf("a start without a genesis: %v", err)
	}
}
