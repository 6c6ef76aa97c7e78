package sweep

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Lock keeps a second server or collector away from the folder: two servers on
// one set of streams destroy it. Jobs of a Slurm array need no lock.
func (f *Folder) Lock() (unlock func() error, err error) {
	file, err := os.OpenFile(filepath.Join(f.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock the sweep: %w", err)
	}
	if err := lockFile(file); err != nil {
		return nil, errors.Join(fmt.Errorf("%s is in use by another sweep run or sweep serve (%w): wait for it, or stop it", f.dir, err), file.Close())
	}
	return file.Close, nil
}
