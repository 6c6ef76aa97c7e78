package fleet

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Usage is what a gateway's process has used so far.
type Usage struct {
	CPU     time.Duration // user and system
	RSS     int64         // resident bytes, now
	PeakRSS int64         // and at most
}

// Usage reads what the process has used.
func (g *Gateway) Usage() (u Usage, err error) {
	pid := g.PID()
	if pid == 0 {
		return u, fmt.Errorf("%s does not run", g.Name)
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u, err
	}
	if u.CPU, err = cpuTime(stat); err != nil {
		return u, err
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return u, err
	}
	u.RSS, u.PeakRSS = kilobytes(status, "VmRSS:"), kilobytes(status, "VmHWM:")
	return u, nil
}

// tick is the unit of the system's counts: USER_HZ, which is 100 on every architecture of ours.
const tick = time.Second / 100

// cpuTime reads utime and stime, the 14th and 15th fields (proc(5)). The second
// field is the program's name, which may hold anything.
func cpuTime(stat []byte) (time.Duration, error) {
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const user, system = 14 - 3, 15 - 3
	if len(fields) <= system {
		return 0, fmt.Errorf("unexpected process status %q", stat)
	}
	var ticks int64
	for _, text := range []string{fields[user], fields[system]} {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("unexpected process status %q: %w", stat, err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// kilobytes finds a field of /proc/PID/status and returns it in bytes, 0 if it is not there.
func kilobytes(status []byte, name string) int64 {
	for line := range strings.Lines(string(status)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != name {
			continue
		}
		if n, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
			return n << 10
		}
	}
	return 0
}

// OwnCPU returns the CPU time that this process has used, 0 where it is not known.
func OwnCPU() time.Duration {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	used, err := cpuTime(stat)
	if err != nil {
		return 0
	}
	return used
}

// LoopbackBytes returns how many bytes have crossed this machine's loopback
// interface, of all its programs; 0 where it is not known.
func LoopbackBytes() int64 {
	text, err := os.ReadFile("/proc/net/dev")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		name, counts, found := strings.Cut(strings.TrimSpace(line), ":")
		if fields := strings.Fields(counts); found && name == "lo" && len(fields) > 0 {
			n, err := strconv.ParseInt(fields[0], 10, 64)
			if err != nil {
				return 0
			}
			return n
		}
	}
	return 0
}

// BusyCPU returns for how long this machine's cores have been at work, all together, since
// it was started; 0 where it is not known. Processes of lowered priority do not
// count: they take what nobody else wants.
func BusyCPU() time.Duration {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	return busyTime(text)
}

// busyTime adds up what the first line of /proc/stat (proc(5)) holds but for processes of
// lowered priority and for the time that cores were idle, or idle with a disk at work;
// guests' time is in users' already.
func busyTime(stat []byte) (busy time.Duration) {
	line, _, _ := bytes.Cut(stat, []byte("\n"))
	const lowered, idle, waiting, guest = 2, 4, 5, 9
	for i, field := range strings.Fields(string(line)) {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err == nil && i != lowered && i != idle && i != waiting && i < guest {
			busy += time.Duration(ticks) * tick
		}
	}
	return busy
}
