//go:build unix

package twin

import (
	"os"
	"syscall"
)

// interrupt asks a process to stop.
func interrupt(p *os.Process) error { return p.Signal(syscall.SIGTERM) }
