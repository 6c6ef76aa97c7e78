package p2p

import (
	"os"
	"testing"
	"time"
)

// TestIdleCost reports what four gateways at rest cost, if asked to: it takes
// its time.
func TestIdleCost(t *testing.T) {
	text := os.Getenv("FLOORMESH_TEST_IDLE")
	if text == "" {
		t.Skip("set FLOORMESH_TEST_IDLE to a duration to measure a mesh at rest")
	}
	rest, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	_, nodes := mesh(t, 4, nil)
	for _, n := range nodes {
		for range len(nodes) - 1 {
			next(t, n.connected, "connection")
		}
	}
	time.Sleep(time.Second) // until gossip's meshes stand
	used, out := cpu(t), nodes[0].Stats().BytesOut
	time.Sleep(rest)
	perNode := (cpu(t) - used) / time.Duration(len(nodes))
	sent := nodes[0].Stats().BytesOut - out
	t.Logf("per gateway: %.3f %% of a core, %.1f B/s on streams (without the headers below)",
		100*perNode.Seconds()/rest.Seconds(), float64(sent)/rest.Seconds())
	for _, n := range nodes {
		if s := n.Stats(); s.Connected != len(nodes)-1 {
			t.Errorf("%d connected after a rest", s.Connected)
		}
	}
}
