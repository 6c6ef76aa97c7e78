package fleet

import (
	"testing"
	"time"
)

func TestCPUTime(t *testing.T) {
	const stat = "42 (a (strange) name) S 1 42 42 0 -1 4194560 1000 0 0 0 150 25 0 0 20 0 9 0 12345 1000 10 18446744073709551615"
	got, err := cpuTime([]byte(stat))
	if err != nil || got != 1750*time.Millisecond {
		t.Errorf("got %s, %v, want 1.75s", got, err)
	}
	if _, err := cpuTime([]byte("42 (short) S 1")); err == nil {
		t.Error("short status: no error")
	}
}

func TestKilobytes(t *testing.T) {
	const status = "Name:\tx\nVmHWM:\t   2048 kB\nVmRSS:\t1024 kB\n"
	if got := kilobytes([]byte(status), "VmHWM:"); got != 2<<20 {
		t.Errorf("got %d", got)
	}
	if got := kilobytes([]byte(status), "VmSwap:"); got != 0 {
		t.Errorf("missing: got %d", got)
	}
}

func TestBusyTime(t *testing.T) {
	const stat = "cpu  100 20 30 4000 500 6 7 8 9 10\ncpu0 100 20 30 4000 500 6 7 8 9 10\nintr 1\n"
	if got := busyTime([]byte(stat)); got != 1510*time.Millisecond {
		t.Errorf("got %s, want 1.51s", got)
	}
	if BusyCPU() == 0 {
		t.Error("this machine has never been busy")
	}
}
