package sim_test

import (
	"strings"
	"testing"

	"github.com/floormesh/floormesh/sim/result"
)

// TestResultsSayAll runs a scenario with something of everything, and looks for what
// its results must say.
func TestResultsSayAll(t *testing.T) {
	run := perform(t, resolve(t, twoPlants, "outputs.events=[{who: {role: member}}]"), 1)
	counts := map[string]uint64{}
	medians := map[string]int64{}
	for _, q := range run.Summary.Quantiles {
		counts[q.Name], medians[q.Name] = q.Count, q.P50
	}
	if counts["replicated"] != counts["final"] || counts["final"] == 0 || medians["replicated"] <= 0 || medians["replicated"] > medians["final"] {
		t.Errorf("%d records are replicated after %d ns, %d final after %d ns",
			counts["replicated"], medians["replicated"], counts["final"], medians["final"])
	}
	held := uint64(0)
	for _, s := range run.Series {
		held = max(held, s.ReplicaBytes)
	}
	if held < 12*1000 || held > 100<<20 {
		t.Errorf("twelve replicas hold %d bytes at most", held)
	}
	labels := map[result.Act]string{}
	acts := map[result.Act]int{}
	for _, e := range run.Events {
		acts[e.Act]++
		labels[e.Act] = max(labels[e.Act], e.Label)
	}
	for act, want := range map[result.Act]string{
		result.Sent: "", result.Received: "", result.Lost: "", result.Woke: "", result.Synced: "", result.Crashed: "", result.Restarted: "",
		result.Made: "r", result.Committed: "commit ", result.Marked: "alarm equivocation: member ",
	} {
		if acts[act] == 0 || !strings.HasPrefix(labels[act], want) {
			t.Errorf("%d events are %v, one being %q, want %q", acts[act], act, labels[act], want)
		}
	}
	if labels[result.Sent] == "" || labels[result.Received] == "" {
		t.Error("messages have no label")
	}
}
