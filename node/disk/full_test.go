//go:build linux

package disk

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/dag/store/storetest"
)

// fullDirEnv makes TestFillDisk fill a disk. It runs in a process of its own, since a
// store that stopped holds on to its directory until its process ends.
const fullDirEnv = "FLOORMESH_TEST_FILL_DISK"

// TestFullDisk fills a small file system until the store stops, makes room, and
// finds all that was synced.
func TestFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounting a small file system takes root")
	}
	mount := t.TempDir()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=24m"); err != nil {
		t.Skipf("mounting a small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(mount, 0); err != nil {
			t.Error(err)
		}
	})
	ballast := filepath.Join(mount, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 8<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(mount, "store")
	// Twice: the second time the disk is full in another place.
	for before := 0; ; {
		synced := fillDisk(t, dir)
		if synced <= before {
			t.Fatalf("%d writes synced, %d before", synced, before)
		}
		if before > 0 {
			break
		}
		before = synced
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	}
}

// fillDisk fills the disk in another process and returns how many Writes that synced.
func fillDisk(t *testing.T, dir string) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFillDisk$", "-test.v")
	cmd.Env = append(os.Environ(), fullDirEnv+"="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, rest, _ := strings.Cut(string(out), "synced=")
	synced, err := strconv.Atoi(strings.Fields(rest + " none")[0])
	if err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	return synced
}

// TestFillDisk is the other process.
func TestFillDisk(t *testing.T) {
	dir := os.Getenv(fullDirEnv)
	if dir == "" {
		t.Skip("started by TestFullDisk")
	}
	var log bytes.Buffer
	l := storetest.NewLedger(t, 1, 4)
	s, err := Open(dir, Options{Mesh: l.Mesh, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	synced := int(s.Counts().Batches)
	for range synced { // the same ledger again, up to where it was
		checkStored(t, s, l)
	}
	for {
		b := l.Batch(0, 0, 500)
		if err = s.Apply(&store.Write{Batches: batches(b)}); err != nil {
			break
		}
		if err = s.Sync(); err != nil {
			break
		}
		synced++
	}
	if !errors.Is(err, ErrFull) || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("%v, want %v", err, ErrFull)
	}
	if !strings.Contains(log.String(), "store stopped") {
		t.Fatalf("logged\n%s", &log)
	}
	if err := s.Close(); !errors.Is(err, ErrFull) {
		t.Fatalf("close: %v, want %v", err, ErrFull)
	}
	fmt.Printf("\nsynced=%d\n%v\n", synced, err)
}

// checkStored makes the ledger's next batch and compares with the stored one. A batch that
// was applied and not synced may be there too, never another in its place.
func checkStored(t *testing.T, s *Store, l *storetest.Ledger) {
	t.Helper()
	want := l.Batch(0, 0, 500)
	got, err := s.Lane(want.Lane, want.Seq, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || !bytes.Equal(got[0].Raw(), want.Raw()) {
		t.Fatalf("batch %d is not what was stored", want.Seq)
	}
}
