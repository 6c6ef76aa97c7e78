package cli

import "testing"

func TestGCPercent(t *testing.T) {
	const gib = 1 << 30
	for _, c := range []struct {
		budget, live uint64
		want         int
	}{
		{12 * gib, 0, 400},
		{12 * gib, 2 * gib, 400},
		{12 * gib, 3 * gib, 300},
		{12 * gib, 5 * gib, 140},
		{12 * gib, 8 * gib, 50},
		{12 * gib, 20 * gib, 50},
	} {
		if got := gcPercent(c.budget, c.live); got != c.want {
			t.Errorf("%d bytes alive and a budget of %d: %d percent, want %d", c.live, c.budget, got, c.want)
		}
	}
}
