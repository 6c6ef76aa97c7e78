package checkpoint

import (
	"fmt"
	"strconv"

	"github.com/floormesh/floormesh/dag"
)

// Cosignature is one member's signature of a checkpoint. The checkpoint's first three
// lines say what C2SP's cosignatures say; by its extension lines a member also says
// that it executed this commit of this epoch and got this log.
type Cosignature struct {
	Checkpoint

	Author    dag.Author
	Seconds   uint64 // the author's claim of the time, POSIX
	Signature dag.Signature
}

// Endorsement is a cosignature without its checkpoint.
type Endorsement struct {
	Author    dag.Author
	Seconds   uint64
	Signature dag.Signature
}

// Sign cosigns a checkpoint with author's member key of the checkpoint's epoch. A
// time that cannot be encoded (beyond MaxSeconds) is cut down to the latest that can.
//
// Never sign two checkpoints of one size: the caller remembers, durably.
func Sign(key dag.PrivateKey, c Checkpoint, author dag.Author, seconds uint64) *Cosignature {
	seconds = min(seconds, MaxSeconds)
	signature := key.Sign(signedMessage(c.Text(), seconds))
	return &Cosignature{Checkpoint: c, Author: author, Seconds: seconds, Signature: signature}
}

// Checks implements dag.Signed. The checkpoint must be of the domain's ledger and
// epoch, its author one of the members; otherwise the error is dag.ErrDomain.
func (c *Cosignature) Checks(d *dag.Domain, to []dag.Check) ([]dag.Check, error) {
	if err := c.inDomain(d); err != nil {
		return to, err
	}
	return c.endorsement().check(d, c.Text(), to)
}

func (c *Cosignature) endorsement() *Endorsement {
	return &Endorsement{Author: c.Author, Seconds: c.Seconds, Signature: c.Signature}
}

func cosignature(c Checkpoint, e Endorsement) *Cosignature {
	return &Cosignature{Checkpoint: c, Author: e.Author, Seconds: e.Seconds, Signature: e.Signature}
}

func (e *Endorsement) check(d *dag.Domain, text string, to []dag.Check) ([]dag.Check, error) {
	if int(e.Author) >= len(d.Members) {
		return to, fmt.Errorf("%w: cosigned by author %d of %d", dag.ErrDomain, e.Author, len(d.Members))
	}
	return append(to, dag.Check{
		Key:       d.Members[e.Author],
		Message:   signedMessage(text, e.Seconds),
		Signature: e.Signature,
	}), nil
}

func (c *Checkpoint) inDomain(d *dag.Domain) error {
	if want := Origin(d.Ledger); c.Origin != want {
		return fmt.Errorf("%w: checkpoint of %.100q, want %s", dag.ErrDomain, c.Origin, want)
	}
	if c.Epoch != d.Epoch {
		return fmt.Errorf("%w: checkpoint of epoch %s, want %s", dag.ErrDomain, c.Epoch, d.Epoch)
	}
	return nil
}

// signedMessage returns what a cosigner signs (c2sp.org/tlog-cosignature, Ed25519).
func signedMessage(text string, seconds uint64) []byte {
	m := make([]byte, 0, len(text)+48)
	m = append(m, "cosignature/v1\ntime "...)
	m = strconv.AppendUint(m, seconds, 10)
	m = append(m, '\n')
	return append(m, text...)
}
