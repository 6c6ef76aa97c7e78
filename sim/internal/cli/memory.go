package cli

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// While a scenario runs the heap may grow to five times of what is alive before
// garbage is collected, but not beyond half of the machine's memory; and always
// by half of what is alive, since near a fixed limit the collector would do
// nothing but collect. A run of many sites makes a gigabyte of garbage a second.
const (
	mostGCPercent  = 400
	leastGCPercent = 50
	adjustEvery    = time.Second
)

// tradeMemory trades memory for time until the function that it returns is
// called, unless the process's environment says how much it may take.
func tradeMemory() (restore func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(mostGCPercent)
	budget := memory("/proc/meminfo", "MemTotal: %d kB") / 2
	if budget == 0 {
		return func() { debug.SetGCPercent(before) }
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticks := time.NewTicker(adjustEvery)
		defer ticks.Stop()
		percent := mostGCPercent
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		for {
			select {
			case <-done:
				return
			case <-ticks.C:
				metrics.Read(live)
				if now := gcPercent(budget, live[0].Value.Uint64()); now != percent {
					percent = now
					debug.SetGCPercent(now)
				}
			}
		}
	}()
	return func() {
		close(done)
		<-ended
		debug.SetGCPercent(before)
	}
}

// gcPercent returns by how much the heap may grow, in tens.
func gcPercent(budget, live uint64) int {
	room := max(budget, live) - live
	return int(min(mostGCPercent, max(leastGCPercent, 10*(10*room/max(1, live)))))
}

// memory returns what a file of the system says of memory, 0 if it says nothing.
func memory(path, line string) uint64 {
	file, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer file.Close() //nolint:errcheck // only read
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var kilobytes uint64
		if _, err := fmt.Sscanf(lines.Text(), line, &kilobytes); err == nil {
			return kilobytes << 10
		}
	}
	return 0
}

// peakMemory returns the most memory that this process has held so far, as far
// as the system tells.
func peakMemory() uint64 { return ownMemory("VmHWM: %d kB") }

// memoryNow returns the memory that this process holds.
func memoryNow() uint64 { return ownMemory("VmRSS: %d kB") }

// ownMemory reads what Linux says of this process; elsewhere it is what the Go runtime
// got from the system.
func ownMemory(line string) uint64 {
	if bytes := memory("/proc/self/status", line); bytes > 0 {
		return bytes
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Sys
}
