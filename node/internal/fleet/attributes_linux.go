package fleet

import "syscall"

// childAttributes ties a gateway's life to ours, and keeps the terminal's Ctrl-C
// from it: we stop it ourselves, in order.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
