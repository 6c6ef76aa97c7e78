package cli

import (
	"bufio"
	"os"
	"runtime"
	"strings"
)

// peakMemory returns the most memory that this process has held so far, as far
// as the system tells.
func peakMemory() uint64 { return memory("VmHWM:") }

// memoryNow returns the memory that this process holds.
func memoryNow() uint64 { return memory("VmRSS:") }

// memory reads a line of what Linux says of a process; elsewhere it is what the Go
// runtime got from the system.
func memory(line string) uint64 {
	if file, err := os.Open("/proc/self/status"); err == nil {
		defer file.Close() //nolint:errcheck // only read
		for lines := bufio.NewScanner(file); lines.Scan(); {
			if text, ok := strings.CutPrefix(lines.Text(), line); ok {
				return kilobytes(text)
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Sys
}

// kilobytes reads "  1234 kB".
func kilobytes(text string) (bytes uint64) {
	for _, r := range strings.TrimSuffix(strings.TrimSpace(text), " kB") {
		if r < '0' || r > '9' {
			return 0
		}
		bytes = 10*bytes + uint64(r-'0')
	}
	return bytes << 10
}
