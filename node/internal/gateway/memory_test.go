package gateway

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"
)

// TestMemoryLimitMoves holds more alive than the limit allows for at first.
func TestMemoryLimitMoves(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	before := debug.SetMemoryLimit(-1)
	m := tradeMemory()
	if got := debug.SetMemoryLimit(-1); got != workingBytes {
		t.Errorf("limit %d, want %d", got, workingBytes)
	}
	alive := make([]byte, workingBytes)
	runtime.GC()
	m.adjust()
	if got := debug.SetMemoryLimit(-1); got < 2*workingBytes {
		t.Errorf("limit %d with %d bytes alive, want twice that", got, len(alive))
	}
	runtime.KeepAlive(alive)
	m.restore()
	if got := debug.SetMemoryLimit(-1); got != before {
		t.Errorf("limit %d afterwards, want %d", got, before)
	}
}

func TestEnvironmentSaysHowMuchMemory(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "50MiB")
	before := debug.SetMemoryLimit(math.MaxInt64)
	defer debug.SetMemoryLimit(before)
	m := tradeMemory()
	m.adjust()
	m.restore()
	if got := debug.SetMemoryLimit(-1); got != math.MaxInt64 {
		t.Errorf("limit %d, want it left alone", got)
	}
}
