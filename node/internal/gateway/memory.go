package gateway

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
)

// While there is work the heap may grow to five times of what is alive, up to
// workingBytes or twice of what is alive, before garbage is collected; at rest it
// is given back. In a mesh of four on two cores at 1,000 records a second,
// collecting half as often takes a tenth off the usual latency.
const (
	gcPercent    = 400
	workingBytes = 128 << 20
)

// memory trades memory for time, unless the process's environment says how much
// it may take.
type memory struct {
	told    bool
	percent int
	limit   int64
	live    []metrics.Sample
}

func tradeMemory() *memory {
	m := &memory{
		told: os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "",
		live: []metrics.Sample{{Name: "/gc/heap/live:bytes"}},
	}
	if !m.told {
		m.percent, m.limit = debug.SetGCPercent(gcPercent), debug.SetMemoryLimit(workingBytes)
	}
	return m
}

// adjust moves the limit with what is alive: near a limit that stands still the
// collector would do nothing but collect.
func (m *memory) adjust() {
	if m.told {
		return
	}
	metrics.Read(m.live)
	debug.SetMemoryLimit(max(workingBytes, 2*int64(m.live[0].Value.Uint64()))) //nolint:gosec // bytes of memory
}

// restore takes everything back.
func (m *memory) restore() {
	if !m.told {
		debug.SetGCPercent(m.percent)
		debug.SetMemoryLimit(m.limit)
	}
}
