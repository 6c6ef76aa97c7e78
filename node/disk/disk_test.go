package disk

import (
	"errors"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/dag/store/storetest"
)

const testDir = "ledger"

// openIn opens a store on a file system, and closes it when the test ends.
func openIn(tb testing.TB, fs vfs.FS, mesh dag.MeshID, gateways ...dag.PublicKey) *Store {
	tb.Helper()
	s, err := Open(testDir, Options{Mesh: mesh, Gateways: gateways, fs: fs})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, ErrClosed) && s.Err() == nil {
			tb.Error(err)
		}
	})
	return s
}

func TestConformance(t *testing.T) {
	storetest.Run(t,
		func(tb testing.TB, mesh dag.MeshID) store.Store {
			return openIn(tb, vfs.NewCrashableMem(), mesh)
		},
		func(tb testing.TB, s store.Store) store.Store {
			old := s.(*Store)
			after := old.fence.FS.(*vfs.MemFS).CrashClone(vfs.CrashCloneCfg{})
			return openIn(tb, after, old.mesh)
		})
}

// TestConformanceClosed is the suite with an orderly end in place of the crash.
func TestConformanceClosed(t *testing.T) {
	storetest.Run(t,
		func(tb testing.TB, mesh dag.MeshID) store.Store { return openIn(tb, vfs.NewMem(), mesh) },
		func(tb testing.TB, s store.Store) store.Store {
			old := s.(*Store)
			if err := old.Close(); err != nil {
				tb.Fatal(err)
			}
			return openIn(tb, old.fence.FS, old.mesh)
		})
}
