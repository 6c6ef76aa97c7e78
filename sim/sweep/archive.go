package sweep

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

// pack writes the files under dir as a compressed tar. Equal files give equal
// bytes: no times, no owners, in the order of their names.
func pack(to io.Writer, dir string) error {
	squeezed, err := zstd.NewWriter(to, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	archive := tar.NewWriter(squeezed)
	if err := errors.Join(packFiles(archive, dir), archive.Close()); err != nil {
		return fmt.Errorf("pack %s: %w", dir, err)
	}
	return squeezed.Close()
}

func packFiles(archive *tar.Writer, dir string) error {
	var files, size int64
	return fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		files, size = files+1, size+info.Size()
		switch {
		case !info.Mode().IsRegular():
			return fmt.Errorf("%s is no plain file: a run may leave files and folders only", name)
		case files > maxArchiveFiles || size > maxArchiveBytes:
			return fmt.Errorf("more than %d files or %d bytes: let the run leave less", maxArchiveFiles, int64(maxArchiveBytes))
		}
		if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: info.Size()}); err != nil {
			return err
		}
		return copyFile(archive, filepath.Join(dir, filepath.FromSlash(name)))
	})
}

func copyFile(to io.Writer, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, f)
	return errors.Join(err, f.Close())
}

// unpack writes an archive's files under dir. It comes from a worker, which may
// be any program: names cannot leave dir, and sizes are counted here again.
func unpack(from io.Reader, dir string) error {
	plain, err := zstd.NewReader(from, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(64<<20))
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	defer plain.Close()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	err = unpackFiles(tar.NewReader(io.LimitReader(plain, maxArchiveBytes+maxArchiveFiles*2048)), root)
	if err = errors.Join(err, root.Close()); err != nil {
		return fmt.Errorf("unpack into %s: %w", dir, err)
	}
	return nil
}

func unpackFiles(archive *tar.Reader, root *os.Root) error {
	for files := 0; ; files++ {
		header, err := archive.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case header.Typeflag != tar.TypeReg:
			return fmt.Errorf("%s is no plain file", header.Name)
		case files == maxArchiveFiles:
			return fmt.Errorf("more than %d files", maxArchiveFiles)
		}
		name := filepath.FromSlash(header.Name)
		if err := root.MkdirAll(filepath.FromSlash(path.Dir(header.Name)), 0o755); err != nil {
			return err
		}
		f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, archive)
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
}

// empty reports whether a run left nothing.
func empty(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	return len(entries) == 0, err
}
