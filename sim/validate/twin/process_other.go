//go:build !unix

package twin

import "os"

// interrupt can only kill: there is no signal that a process could catch. What it started ends with it.
func interrupt(p *os.Process) error { return p.Kill() }
