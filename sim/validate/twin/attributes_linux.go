package twin

import "syscall"

// childAttributes keeps the terminal's Ctrl-C from the child, which we stop ourselves,
// once; and asks it to stop should we die.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
