package bench

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ErrRecordings says that the directory for recordings holds something.
var ErrRecordings = errors.New("the directory for recordings is not empty")

// makeRecordings makes the directory for recordings, if there are to be any. Errors: ErrRecordings.
func makeRecordings(dir string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make a directory for recordings: %w", err)
	}
	there, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("look for recordings: %w", err)
	}
	if len(there) > 0 { // numbers beside those of another mesh would tell nothing
		return fmt.Errorf("%w: %s", ErrRecordings, dir)
	}
	return nil
}

// recordedBytes sizes all recordings.
func recordedBytes(dir string) (total int64, err error) {
	if dir == "" {
		return 0, nil
	}
	err = fs.WalkDir(os.DirFS(dir), ".", func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("size the recordings: %w", err)
	}
	return total, nil
}
