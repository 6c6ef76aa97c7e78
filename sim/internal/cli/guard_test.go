package cli

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
)

func TestShort(t *testing.T) {
	const gib = 1 << 30
	for _, c := range []struct {
		name string
		room room
		want bool
	}{
		{"the system does not tell", room{0, 0, 5 * gib}, false},
		{"plenty is free", room{20 * gib, 10 * gib, 9 * gib}, false},
		{"exactly enough", room{20 * gib, gib, 18 * gib}, false},
		{"little is free", room{20 * gib, gib - 1, 18 * gib}, true},
		{"others took it", room{20 * gib, gib - 1, 4 * gib}, false},
		{"a quarter is ours", room{20 * gib, 0, 5 * gib}, true},
	} {
		if got := c.room.short(); got != c.want {
			t.Errorf("%s: short is %t, want %t", c.name, got, c.want)
		}
	}
}

func TestGuardEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks, ended := 0, make(chan struct{})
		release := guardMemory(func() room {
			looks++
			return room{total: 100, free: uint64(7 - looks), own: 90}
		}, func() { close(ended) })
		<-ended
		release()
		if looks != 3 { // 6, 5, and 4 of 100 are free
			t.Errorf("ended after %d looks, want 3", looks)
		}
	})
}

func TestGuardReleases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks, seen := 0, make(chan struct{})
		release := guardMemory(func() room {
			if looks++; looks == 10 {
				close(seen)
			}
			return room{total: 100, free: 50, own: 50}
		}, func() { t.Error("ended with half of all memory free") })
		<-seen
		release()
	})
}

func TestContainerLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memory.max")
	for text, want := range map[string]uint64{"max\n": 0, "4294967296\n": 4 << 30, "": 0} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := containerLimit(path); got != want {
			t.Errorf("%q is a limit of %d, want %d", text, got, want)
		}
	}
	if got := containerLimit(filepath.Join(t.TempDir(), "nowhere")); got != 0 {
		t.Errorf("no file is a limit of %d", got)
	}
}
