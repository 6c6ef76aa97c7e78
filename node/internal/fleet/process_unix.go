//go:build unix

package fleet

import (
	"io/fs"
	"os"
	"syscall"
)

func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }
func freeze(p *os.Process) error    { return p.Signal(syscall.SIGSTOP) }
func thaw(p *os.Process) error      { return p.Signal(syscall.SIGCONT) }

// allocated returns what a file takes on the disk, as du counts. Pebble
// allocates its journals ahead and uses them again.
func allocated(info fs.FileInfo) int64 {
	const blockBytes = 512 // of st_blocks, whatever the file system's are
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Blocks * blockBytes
	}
	return info.Size()
}
