//go:build !unix

package fleet

import (
	"errors"
	"io/fs"
	"os"
)

// terminate can only kill: there is no signal that a process could catch.
func terminate(p *os.Process) error { return p.Kill() }
func freeze(*os.Process) error      { return errors.ErrUnsupported }
func thaw(*os.Process) error        { return errors.ErrUnsupported }

func allocated(info fs.FileInfo) int64 { return info.Size() }
