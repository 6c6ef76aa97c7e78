//go:build unix

package cli

import (
	"os"

	"github.com/mattn/go-isatty"
	"golang.org/x/sys/unix"
)

// terminal reports whether a file is one, of those that lines can be drawn over on.
func terminal(f *os.File) bool { return isatty.IsTerminal(f.Fd()) }

// terminalSize returns the columns and rows of a terminal, 80 and 24 if it does not tell.
func terminalSize(f *os.File) (width, height int) {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 || size.Row == 0 {
		return 80, 24
	}
	return int(size.Col), int(size.Row)
}
