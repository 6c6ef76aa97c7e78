//go:build !linux

package twin

import "syscall"

func childAttributes() *syscall.SysProcAttr { return nil }
