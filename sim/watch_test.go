package sim_test

import (
	"errors"
	"testing"

	"github.com/floormesh/floormesh/sim"
)

// TestWatch: watching a run changes nothing, tells of all of it, and can end it.
func TestWatch(t *testing.T) {
	const text = "name: small\nduration: 1s\nsites: [{name: a, count: 2, gateways: 4}]\nload: [{rate: 10/s}]\n"
	want := perform(t, resolve(t, text), 1)
	for _, workers := range []int{1, 2} {
		x, err := sim.NewExperiment(resolve(t, text), workers)
		if err != nil {
			t.Fatal(err)
		}
		var last sim.Tally
		x.Watch(func(now sim.Tally) bool {
			if now.Now <= last.Now || now.Final < last.Final || now.Final > now.Submitted {
				t.Errorf("after %+v came %+v", last, now)
			}
			last = now
			return true
		})
		run, err := x.Run("test")
		if err != nil {
			t.Fatal(err)
		}
		if run.Summary.Fingerprint != want.Summary.Fingerprint {
			t.Errorf("%d workers: watched, the fingerprint is %s, otherwise %s", workers, run.Summary.Fingerprint, want.Summary.Fingerprint)
		}
		if last.Phase != "over" || uint64(last.Final) != want.Summary.Final || last.Violations != 0 || last.Checked == 0 {
			t.Errorf("%d workers: the last word was %+v, %d records are final", workers, last, want.Summary.Final)
		}
	}
	x, err := sim.NewExperiment(resolve(t, text), 1)
	if err != nil {
		t.Fatal(err)
	}
	x.Watch(func(sim.Tally) bool { return false })
	if _, err := x.Run("test"); !errors.Is(err, sim.ErrStopped) {
		t.Errorf("ended by its watcher: %v", err)
	}
}
