package sim_test

import (
	"testing"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/scenarios"
	"github.com/floormesh/floormesh/sync/message"
)

// TestACrowdedMachineRecovers overloads twenty members on two slow cores. All
// must be final soon after the load ends, and what is sent of blocks stay
// within a few times what is stored of them. When everybody was told by everybody what lay in
// its queue already, it was a hundred times as much, and nothing became final for minutes.
func TestACrowdedMachineRecovers(t *testing.T) {
	text, err := scenarios.Read("crowded-machine")
	if err != nil {
		t.Fatal(err)
	}
	x, err := sim.NewExperiment(resolve(t, text, "duration=3s", "checks.settle=12s", "checks.rest=0s"), 1)
	if err != nil {
		t.Fatal(err)
	}
	stored, sent := 0, 0
	x.Observe(func(_ int, _ time.Duration, _ replica.Input, out []replica.Output) {
		for _, o := range out {
			switch o := o.(type) {
			case replica.Broadcast:
				sent += 19 * blockBytes(o.Message)
			case replica.Send:
				sent += blockBytes(o.Message)
			case replica.Persist:
				for _, b := range o.Write.Blocks {
					stored += len(b.Raw())
				}
			default:
			}
		}
	})
	run, err := x.Run("test")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range run.Summary.Failed() {
		t.Errorf("%s: %s", v.Checker, v.Detail)
	}
	if stored == 0 || sent > 10*stored {
		t.Errorf("%d bytes of blocks were sent, of which %d were news to their receivers", sent, stored)
	}
}

func blockBytes(m message.Message) (bytes int) {
	if blocks, ok := m.(*message.Blocks); ok {
		for _, b := range blocks.Blocks {
			bytes += len(b.Raw())
		}
	}
	return bytes
}
