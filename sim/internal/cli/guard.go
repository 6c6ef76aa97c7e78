package cli

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"time"
)

// A run that outgrows the machine would be ended by the system, without a word, or another
// process in its place. So it ends before, when less than a twentieth is free and it holds
// at least a quarter itself. That is looked at often, as a run can take a gigabyte a second.
const (
	guardEvery  = 100 * time.Millisecond
	leastFree   = 20
	leastBlamed = 4
)

// room is what memory there is.
type room struct {
	total, free, own uint64 // bytes; total is 0 if the system does not tell
}

// short reports whether a run has to end for want of memory.
func (r room) short() bool { return r.free < r.total/leastFree && r.own >= r.total/leastBlamed }

// roomHere returns what memory the machine has, or the container that this process runs in.
func roomHere() room {
	r := room{
		total: memory("/proc/meminfo", "MemTotal: %d kB"), free: memory("/proc/meminfo", "MemAvailable: %d kB"), own: memoryNow(),
	}
	if limit := containerLimit("/sys/fs/cgroup/memory.max"); limit > 0 && limit < r.total {
		r.total = limit
		r.free = min(r.free, max(limit, r.own)-r.own)
	}
	return r
}

// containerLimit reads the limit of a control group, 0 if there is none.
func containerLimit(path string) uint64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	limit, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0 // "max"
	}
	return limit
}

// guardMemory calls end once memory is short, until the function that it returns is called.
func guardMemory(look func() room, end func()) (release func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticks := time.NewTicker(guardEvery)
		defer ticks.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticks.C:
				if look().short() {
					end()
					return
				}
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// outgrown ends the process. A run cannot be asked: a single look may lie behind what fills the
// memory, and nothing of a run is written before its end.
func outgrown() {
	os.Exit(complain(os.Stderr, &hinted{
		errors.New("the run needs more memory than there is, and was ended; nothing was written"),
		"fewer nodes, a slower load, or a shorter --set duration take less",
	}, exitBroken))
}
