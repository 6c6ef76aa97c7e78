package disk

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable/block"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/merkle"
	"github.com/floormesh/floormesh/dag/store"
)

var (
	// ErrMesh says that a directory holds another mesh's ledger.
	ErrMesh = errors.New("directory belongs to another mesh")
	// ErrSchema says that a directory was written by a version that stores things otherwise.
	ErrSchema = errors.New("directory has another storage format")
	// ErrLocked says that another process has the directory open.
	ErrLocked = errors.New("directory is in use by another process")
	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("store is closed")
)

// schemaVersion is the version of the layout in the package comment.
const schemaVersion = 2

// Options says what a store is of.
type Options struct {
	Mesh     dag.MeshID
	Gateways []dag.PublicKey // node keys: records they signed are attested, of the device that their SenML names
	Logger   *slog.Logger    // nil: no log

	fs vfs.FS // nil: the machine's
}

// Store keeps one node's ledger in a directory. It implements store.Store: one
// goroutine writes, any number read.
type Store struct {
	*failure

	mesh     dag.MeshID
	attester map[dag.PublicKey]bool
	db       *pebble.DB
	fence    *fence

	// For the writer alone.
	writer writer

	closing sync.RWMutex // held for reading by readers
	closed  bool

	mu     sync.Mutex
	counts Counts
}

var (
	_ store.Store       = (*Store)(nil)
	_ merkle.TileSource = (*Store)(nil)
)

// Open opens the store in dir, which is made if it is not there. Errors: ErrMesh, ErrSchema,
// ErrLocked, ErrFull, store.ErrCorrupt. Close it.
func Open(dir string, o Options) (*Store, error) {
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	if o.fs == nil {
		o.fs = vfs.Default
	}
	s := &Store{
		failure:  newFailure(dir, o.Logger),
		mesh:     o.Mesh,
		attester: make(map[dag.PublicKey]bool, len(o.Gateways)),
	}
	for _, key := range o.Gateways {
		s.attester[key] = true
	}
	s.fence = &fence{FS: o.fs, fail: s.fail, down: s.down}
	if err := o.fs.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("open store: %w", classify(err))
	}
	lock, err := pebble.LockDirectory(dir, o.fs)
	if err = classify(err); err != nil && !errors.Is(err, ErrFull) {
		err = fmt.Errorf("%w: %w", ErrLocked, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open store in %s: %w", dir, err)
	}
	if err := s.open(dir, lock); err != nil {
		return nil, fmt.Errorf("open store in %s: %w", dir, errors.Join(classify(err), s.abandon(lock)))
	}
	s.fence.armed.Store(true)
	return s, nil
}

// abandon lets go of what open had got hold of, unless Pebble panicked or stands at the fence.
func (s *Store) abandon(lock *pebble.Lock) (err error) {
	if s.get() == nil {
		if s.db != nil {
			err = s.db.Close()
		}
		err = errors.Join(err, lock.Close())
	}
	return err
}

func (s *Store) open(dir string, lock *pebble.Lock) error {
	opts := s.options()
	opts.Lock = lock
	err := s.try(func() (err error) {
		s.db, err = pebble.Open(dir, opts)
		return err
	})
	if err != nil {
		return err
	}
	s.writer.lock = lock
	if err := s.checkIdentity(); err != nil {
		return err
	}
	return s.load()
}

// try is guarded for the time of opening, when an error is no failure yet.
func (s *Store) try(f func() error) error {
	var err error
	if failed := s.guarded(func() error {
		err = f()
		return nil
	}); failed != nil {
		return failed
	}
	return err
}

func (s *Store) options() *pebble.Options {
	o := &pebble.Options{
		FS:                          s.fence,
		Logger:                      pebbleLogger{s.failure},
		EventListener:               s.events(),
		FormatMajorVersion:          pebble.FormatNewest,
		MemTableSize:                memTableBytes,
		MemTableStopWritesThreshold: 4,
		CacheSize:                   cacheBytes,
		MaxOpenFiles:                maxOpenFiles,
		MaxManifestFileSize:         maxManifestBytes,
		L0CompactionThreshold:       4,
		L0StopWritesThreshold:       32,
		Cleaner:                     cleaner{},
	}
	// Reads are few and never worth a compaction of their own.
	o.Experimental.ReadSamplingMultiplier = -1
	o.ApplyCompressionSettings(func() pebble.DBCompressionSettings {
		return pebble.UniformDBCompressionSettings(block.FastestCompression)
	})
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
		o.Levels[i].BlockSize = 32 << 10
	}
	// At the bottom a filter helps only to miss what is nowhere, for eight bytes a record.
	o.Levels[len(o.Levels)-1].FilterPolicy = pebble.NoFilterPolicy
	return o
}

// cleaner deletes files, and makes Pebble keep no old logs for reuse: up to five
// memtables of dead bytes, for syncs that are no quicker here. The method by which a
// cleaner says that it needs a file's contents cannot be written outside of Pebble, so it is
// borrowed from deeper down than Clean, which is thus DeleteCleaner's.
type (
	cleaner struct {
		pebble.DeleteCleaner
		noReuse
	}
	noReuse struct{ pebble.ArchiveCleaner }
)

// checkIdentity writes or checks what the directory is.
func (s *Store) checkIdentity() error {
	schema, err := s.get1([]byte(keySchema))
	if err != nil {
		return err
	}
	if schema == nil {
		return s.writeIdentity()
	}
	if !slices.Equal(schema, []byte{schemaVersion}) {
		return fmt.Errorf("%w: version %x, this program reads %d", ErrSchema, schema, schemaVersion)
	}
	mesh, err := s.get1([]byte(keyMesh))
	if err != nil {
		return err
	}
	if len(mesh) != len(s.mesh) {
		return corruptf([]byte(keyMesh), errValue)
	}
	if found := dag.MeshID(mesh); found != s.mesh {
		return fmt.Errorf("%w: %s, not %s", ErrMesh, found, s.mesh)
	}
	return nil
}

func (s *Store) writeIdentity() error {
	b := s.db.NewBatch()
	defer func() { _ = b.Close() }() // cannot fail
	set(b, []byte(keySchema), []byte{schemaVersion})
	set(b, []byte(keyMesh), s.mesh[:])
	return s.try(func() error { return b.Commit(pebble.Sync) })
}

// Close makes everything durable and compact, and releases the directory. After a
// failure it returns that and leaves the directory locked until the process ends:
// Pebble may still be standing in a write. No reader may be at work; later calls return ErrClosed.
func (s *Store) Close() error {
	s.closing.Lock()
	defer s.closing.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.closed = true
	s.fence.pace.off.Store(true) // nobody waits for the log any more
	return s.guarded(func() error {
		if err := s.dropBlocks(); err != nil {
			return err
		}
		// An empty log starts quicker, and what a memtable holds is smaller as a table.
		if err := s.db.Flush(); err != nil {
			return err
		}
		if err := s.db.Close(); err != nil {
			return err
		}
		return s.writer.lock.Close()
	})
}

// dropBlocks deletes the blocks that the floor has passed since the last time that it was worth it.
func (s *Store) dropBlocks() error {
	t := &transaction{Store: s, to: s.db.NewBatch()}
	defer func() { _ = t.to.Close() }() // cannot fail
	t.dropBlocks()
	return t.to.Commit(pebble.NoSync)
}

// Err returns why the store stopped, nil while it has not: ErrFull, store.ErrCorrupt or
// another error of the disk.
func (s *Store) Err() error { return s.get() }

// Failed is closed when the store stops.
func (s *Store) Failed() <-chan struct{} { return s.down }

// Counts is how much a store holds.
type Counts struct {
	Commit        dag.CommitIndex // last executed
	LogSize       uint64
	Final         uint64 // records in the log
	Pending       uint64 // records in batches beyond the cut
	Batches       uint64 // ever stored
	CertifiedSize uint64 // log size of the newest certified checkpoint
	Cosigned      uint64
}

// Counts returns how much is stored, as of the last Apply.
func (s *Store) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}
