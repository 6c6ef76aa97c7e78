package dag

import (
	"bytes"
	"fmt"

	"github.com/floormesh/floormesh/dag/dagcbor"
)

// Admin is what an administrative record says (FormatAdmin). Unlike a reading it
// names its ledger and its signer's next number, so that it cannot be replayed.
//
// Encoding: [1, ledger id, number, kind, body].
type Admin struct {
	Ledger LedgerID
	Number uint64 // counts the signer's administrative records, at most MaxCounter
	Kind   string // what body is, such as KindLaneFork
	Body   []byte // aliases the payload when decoded
}

// KindLaneFork marks evidence that a lane's owner signed two batches with one
// seq. The body is an encoded ForkEvidence.
const KindLaneFork = "lane-fork"

// Encode returns the payload of a record.
func (a *Admin) Encode() []byte {
	to := dagcbor.AppendArray(nil, 5)
	to = dagcbor.AppendUint(to, formatVersion)
	to = dagcbor.AppendBytes(to, a.Ledger[:])
	to = dagcbor.AppendUint(to, a.Number)
	to = dagcbor.AppendText(to, a.Kind)
	return dagcbor.AppendBytes(to, a.Body)
}

// DecodeAdmin parses the payload of an administrative record. Kinds it does not
// know are not refused. Errors: ErrEncoding, ErrLimit.
func DecodeAdmin(payload []byte) (*Admin, error) {
	a := new(Admin)
	r := dagcbor.NewReader(payload)
	r.Tuple(5)
	readVersion(r)
	r.Exactly(a.Ledger[:])
	a.Number = r.Uint(MaxCounter)
	a.Kind = r.Text(MaxKindBytes)
	a.Body = r.Bytes(MaxPayloadBytes)
	if err := r.Done(); err != nil {
		return nil, fmt.Errorf("administrative record: %w", err)
	}
	return a, nil
}

// ForkEvidence is two signed headers of one lane with one seq. That the
// headers conflict is checked when it is made; that both were signed, by Verify.
//
// Encoding: [[header, signature], [header, signature]], the lower BatchID first.
type ForkEvidence struct{ A, B SignedHeader }

// NewForkEvidence puts two conflicting headers in order. Errors: ErrRule when
// they do not conflict.
func NewForkEvidence(a, b SignedHeader) (*ForkEvidence, error) {
	if a.ID().Compare(b.ID()) > 0 {
		a, b = b, a
	}
	e := &ForkEvidence{a, b}
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("fork evidence: %w", err)
	}
	return e, nil
}

// Encode returns the body of an administrative record.
func (e *ForkEvidence) Encode() []byte {
	to := dagcbor.AppendArray(nil, 2)
	to = append(to, e.A.Encode()...)
	return append(to, e.B.Encode()...)
}

// DecodeForkEvidence parses a body. Signatures are not checked.
// Errors: ErrEncoding, ErrLimit, ErrRule.
func DecodeForkEvidence(body []byte) (*ForkEvidence, error) {
	r := dagcbor.NewReader(body)
	r.Tuple(2)
	e := &ForkEvidence{A: readSigned(r), B: readSigned(r)}
	err := r.Done()
	if err == nil {
		err = e.check()
	}
	if err != nil {
		return nil, fmt.Errorf("fork evidence: %w", err)
	}
	return e, nil
}

func (e *ForkEvidence) check() error {
	for _, h := range []SignedHeader{e.A, e.B} {
		if err := h.check(); err != nil {
			return err
		}
	}
	a, b := e.A.ID(), e.B.ID()
	switch {
	case e.A.Ledger != e.B.Ledger:
		return fmt.Errorf("%w: two ledgers", ErrRule)
	case e.A.Lane != e.B.Lane:
		return fmt.Errorf("%w: two lanes", ErrRule)
	case e.A.Seq != e.B.Seq:
		return fmt.Errorf("%w: seq %d and %d", ErrRule, e.A.Seq, e.B.Seq)
	case bytes.Compare(a[:], b[:]) >= 0:
		return fmt.Errorf("%w: one batch, or two in descending order", ErrRule)
	}
	return nil
}

// Checks implements Signed: both signatures under the lane's key.
func (e *ForkEvidence) Checks(d *Domain, to []Check) ([]Check, error) {
	to, err := e.A.Checks(d, to)
	if err != nil {
		return to, err
	}
	return e.B.Checks(d, to)
}

func (e *ForkEvidence) describeCheck(i int) string {
	if i == 0 {
		return e.A.describeCheck(i)
	}
	return e.B.describeCheck(i)
}
