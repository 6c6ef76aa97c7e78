package twin

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/floormesh/floormesh/dag"
)

// Machine is what this machine takes for what gateways do.
type Machine struct {
	Cores int `json:"cores"`
	// Fsync and FsyncHalf are what a small write and its sync take at least (the 5th percentile) and usually.
	Fsync     time.Duration `json:"fsync_p5_ns"`
	FsyncHalf time.Duration `json:"fsync_p50_ns"`
	// Trip and TripHalf are the same of one way on loopback, of a message as large as a block.
	Trip     time.Duration `json:"loopback_p5_ns"`
	TripHalf time.Duration `json:"loopback_p50_ns"`
	Sign     time.Duration `json:"sign_ns"`
	Verify   time.Duration `json:"verify_ns"`
	Batched  time.Duration `json:"verify_batched_ns"` // of several checked together
	Hash     time.Duration `json:"hash_kib_ns"`
	// Sync is the processor's time for one sync of the disk, as a mesh of one gateway shows it.
	Sync time.Duration `json:"sync_ns"`
	// Message is the same for one message received, with all that sending it took. The
	// mesh itself shows it.
	Message time.Duration `json:"message_ns"`
	// Others is the share of the cores that was not the gateways' to have, in thousandths.
	Others int `json:"others_permille"`
}

// measureMachine measures what can be had without a gateway. Files go to dir.
func measureMachine(dir string) (*Machine, error) {
	m := &Machine{Cores: runtime.GOMAXPROCS(0)}
	err := errors.Join(m.measureDisk(dir), m.measureLoopback(), m.measureSignatures())
	if err != nil {
		return nil, fmt.Errorf("measure the machine: %w", err)
	}
	block := make([]byte, 1024)
	m.Hash = usual(16, func() { sha256.Sum256(block) })
	return m, nil
}

// repeat calls a function for a while and returns how long each call took, ascending.
func repeat(what func() error) (took []time.Duration, err error) {
	for began := time.Now(); time.Since(began) < measureTime; {
		at := time.Now()
		if err := what(); err != nil {
			return nil, err
		}
		took = append(took, time.Since(at))
	}
	slices.Sort(took)
	return took, nil
}

// usual returns what a quick function takes where nothing else runs: the lower quartile.
// It is called several times together, so that reading the clock does not show.
func usual(together int, what func()) time.Duration {
	took, _ := repeat(func() error {
		for range together {
			what()
		}
		return nil
	})
	return took[len(took)/4] / time.Duration(together)
}

// measureDisk writes over one place of a file, as a store's log, which is
// allocated ahead, is written.
func (m *Machine) measureDisk(dir string) error {
	file, err := os.CreateTemp(dir, "fsync-")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) //nolint:errcheck // the whole directory goes
	defer file.Close()           //nolint:errcheck // what it holds means nothing
	text := make([]byte, messageBytes)
	took, err := repeat(func() error {
		if _, err := file.WriteAt(text, 0); err != nil {
			return err
		}
		return file.Sync()
	})
	if err != nil {
		return err
	}
	m.Fsync, m.FsyncHalf = took[len(took)/20], took[len(took)/2]
	return nil
}

// measureLoopback sends messages there and back over TCP.
func (m *Machine) measureLoopback() error {
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer door.Close() //nolint:errcheck // nothing is under way
	echoed := make(chan error, 1)
	go func() { echoed <- echo(door) }()
	conn, err := net.Dial("tcp", door.Addr().String())
	if err != nil {
		return err
	}
	message := make([]byte, messageBytes)
	took, err := repeat(func() error {
		if _, err := conn.Write(message); err != nil {
			return err
		}
		_, err := io.ReadFull(conn, message)
		return err
	})
	if err := errors.Join(err, conn.Close(), <-echoed); err != nil {
		return err
	}
	m.Trip, m.TripHalf = took[len(took)/20]/2, took[len(took)/2]/2
	return nil
}

// echo answers one connection with what it says.
func echo(door net.Listener) error {
	conn, err := door.Accept()
	if err != nil {
		return err
	}
	message := make([]byte, messageBytes)
	for {
		if _, err := io.ReadFull(conn, message); err != nil {
			_ = conn.Close()
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if _, err := conn.Write(message); err != nil {
			return errors.Join(err, conn.Close())
		}
	}
}

// measureSignatures signs and checks records.
func (m *Machine) measureSignatures() error {
	mesh, key := dag.MeshID{}, dag.NewPrivateKey([32]byte{1})
	sign := func(i int) (*dag.Record, error) {
		return dag.SignRecord(mesh, key, dag.FormatSenMLCBOR, fmt.Appendf(nil, "%*d", payloadBytes, i))
	}
	records := make([]*dag.Record, 32)
	for i := range records {
		var err error
		if records[i], err = sign(i); err != nil {
			return err
		}
	}
	message := make([]byte, recordBytes)
	m.Sign = usual(16, func() { key.Sign(message) })
	verifier := dag.NewVerifier(&dag.Domain{Mesh: mesh}, rand.Reader)
	if _, errs := dag.Verify(verifier, records); errors.Join(errs...) != nil {
		return errors.Join(errs...)
	}
	m.Verify = usual(16, func() { dag.Verify(verifier, records[:1]) })
	m.Batched = usual(1, func() { dag.Verify(verifier, records) }) / time.Duration(len(records))
	return nil
}
