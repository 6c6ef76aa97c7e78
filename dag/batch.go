package dag

import (
	"crypto/sha256"
	"fmt"

	"github.com/floormesh/floormesh/dag/dagcbor"
)

// BatchHeader is the signed part of a batch. The records hang off it by digest,
// so that two conflicting headers are small evidence of a forked lane.
type BatchHeader struct {
	Ledger    LedgerID
	Lane      LaneID // key and number
	Seq       Seq
	Prev      BatchID // zero for seq 1
	ClaimedAt UnixMilli
	Records   Digest // SHA-256 over the encoded record list
}

// SignedHeader is a batch without its records: what BatchID is the digest of.
//
// Encoding: [header, signature].
type SignedHeader struct {
	BatchHeader
	Signature Signature // over "floormesh/batch/v1\x00" ‖ ledger id ‖ header bytes
}

// Batch is a run of records, item Seq of a lane. Immutable. It owns the bytes it
// was decoded from, which its records alias.
//
// Encoding: [header, signature, [record…]] with
// header = [1, ledger, author key, lane number, seq, prev, time ms, records digest],
// records as byte strings. The BatchID is the digest of [header, signature].
type Batch struct {
	BatchHeader
	Signature Signature
	Items     []*Record
	raw       []byte
	body      int // where the record list begins in raw
	id        BatchID
}

// BatchOverheadBytes is at least what a batch holds beyond its records.
const BatchOverheadBytes = 320

const batchDomain = "floormesh/batch/v1\x00"

// SignBatch makes a batch signed by key (whose public half must be h.Lane.Key);
// h.Records is computed, h.ClaimedAt moved into 0…MaxUnixMilli.
// Errors: ErrLimit when empty or too large, ErrKey for another lane's key,
// ErrRule when seq and prev do not go together.
func SignBatch(h BatchHeader, records []*Record, key PrivateKey) (*Batch, error) {
	if h.Lane.Key != key.Public() {
		return nil, fmt.Errorf("batch: %w: lane %s cannot be signed by %s", ErrKey, h.Lane, key.Public())
	}
	if len(records) == 0 || len(records) > MaxBatchRecords {
		return nil, fmt.Errorf("batch: %w: %d records, want 1 to %d", ErrLimit, len(records), MaxBatchRecords)
	}
	size := 5
	for _, r := range records {
		size += r.BatchBytes()
	}
	list := appendRecords(make([]byte, 0, size), records)
	h.Records = sha256.Sum256(list)
	h.ClaimedAt = h.ClaimedAt.clamp()
	signed, err := signHeader(h, key)
	if err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	b, err := joinBatch(signed, list)
	if err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	b.Items = records
	return b, nil
}

// JoinBatch is the batch with a header and a body, and so undoes Header and Body;
// h.Records is computed. It copies body. Signatures are not checked.
// Errors: ErrEncoding, ErrLimit, ErrRule.
func JoinBatch(mesh MeshID, h SignedHeader, body []byte) (*Batch, error) {
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	h.Records = sha256.Sum256(body)
	b, err := joinBatch(h, body)
	if err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	if err := b.readRecords(mesh, dagcbor.NewReader(b.Body())); err != nil {
		return nil, fmt.Errorf("batch %s: %w", b.id, err)
	}
	return b, nil
}

// joinBatch makes a batch but for its Items.
func joinBatch(h SignedHeader, body []byte) (*Batch, error) {
	raw := make([]byte, 0, BatchOverheadBytes+len(body))
	raw = dagcbor.AppendArray(raw, 3)
	fields := len(raw)
	raw = h.appendFields(raw)
	b := &Batch{BatchHeader: h.BatchHeader, Signature: h.Signature, body: len(raw), id: headerID(raw[fields:])}
	b.raw = append(raw, body...)
	if len(b.raw) > MaxBatchBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrLimit, len(b.raw), MaxBatchBytes)
	}
	return b, nil
}

// BatchBytes returns at most how many bytes a batch grows by when r joins it:
// records with MaxBatchBytes - BatchOverheadBytes in sum always fit one batch.
func (r *Record) BatchBytes() int { return len(r.raw) + 5 }

func appendRecords(to []byte, records []*Record) []byte {
	to = dagcbor.AppendArray(to, len(records))
	for _, r := range records {
		to = dagcbor.AppendBytes(to, r.raw)
	}
	return to
}

func signHeader(h BatchHeader, key PrivateKey) (SignedHeader, error) {
	if err := h.check(); err != nil {
		return SignedHeader{}, err
	}
	return SignedHeader{h, key.Sign(h.toSign())}, nil
}

// DecodeBatch parses a batch and its records. It keeps raw. Signatures are not
// checked. Errors: ErrEncoding, ErrLimit, ErrRule.
func DecodeBatch(mesh MeshID, raw []byte) (*Batch, error) {
	if len(raw) > MaxBatchBytes {
		return nil, fmt.Errorf("batch: %w: %d bytes, at most %d", ErrLimit, len(raw), MaxBatchBytes)
	}
	r := dagcbor.NewReader(raw)
	r.Tuple(3)
	start := r.Offset()
	signed := readSignedFields(r)
	fields := r.Since(start)
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	if err := signed.check(); err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	b := &Batch{BatchHeader: signed.BatchHeader, Signature: signed.Signature, raw: raw, id: headerID(fields)}
	b.body = r.Offset()
	if err := b.readRecords(mesh, r); err != nil {
		return nil, fmt.Errorf("batch %s: %w", b.id, err)
	}
	if sha256.Sum256(b.Body()) != b.Records {
		return nil, fmt.Errorf("batch %s: %w: the records are not those of the header", b.id, ErrRule)
	}
	return b, nil
}

// readRecords fills Items, all of them in one allocation.
func (b *Batch) readRecords(mesh MeshID, r *dagcbor.Reader) error {
	n := r.Array(MaxBatchRecords)
	if n == 0 && r.Err() == nil {
		return fmt.Errorf("%w: no records", ErrLimit)
	}
	var (
		records = make([]Record, n)
		scratch []byte
		err     error
	)
	b.Items = make([]*Record, n)
	for i := range records {
		raw := r.Bytes(MaxRecordBytes)
		if r.Err() != nil {
			break
		}
		if scratch, err = records[i].decode(mesh, raw, scratch); err != nil {
			return fmt.Errorf("item %d: %w", i, err)
		}
		b.Items[i] = &records[i]
	}
	return r.Done()
}

// ID returns the batch's id.
func (b *Batch) ID() BatchID { return b.id }

// Raw returns the batch's bytes; read only.
func (b *Batch) Raw() []byte { return b.raw }

// Body returns the bytes of the record list, which Records is the digest of; read only.
func (b *Batch) Body() []byte { return b.raw[b.body:] }

// Header returns the batch without its records.
func (b *Batch) Header() SignedHeader { return SignedHeader{b.BatchHeader, b.Signature} }

// Checks implements Signed: the header's signature, then every record's.
// Errors: ErrDomain for a batch of another ledger or mesh.
func (b *Batch) Checks(d *Domain, to []Check) ([]Check, error) {
	if b.Ledger != d.Ledger {
		return to, fmt.Errorf("batch %s: %w: ledger %s", b.id, ErrDomain, b.Ledger)
	}
	to = append(to, b.Header().signatureCheck())
	size := 0
	for _, r := range b.Items {
		size += r.toSignBytes()
	}
	messages := make([]byte, 0, size)
	for i, r := range b.Items {
		if r.mesh != d.Mesh {
			return to, fmt.Errorf("batch %s: item %d: %w: mesh %s", b.id, i, ErrDomain, r.mesh)
		}
		start := len(messages)
		messages = r.appendToSign(messages)
		to = append(to, Check{r.Signer, messages[start:len(messages):len(messages)], r.Signature})
	}
	return to, nil
}

// describeCheck names what check i was about.
func (b *Batch) describeCheck(i int) string {
	if i == 0 {
		return "header of batch " + b.id.String()
	}
	return fmt.Sprintf("item %d of batch %s", i-1, b.id)
}

// ID returns the id of the batch that has this header.
func (s SignedHeader) ID() BatchID { return headerID(s.appendFields(nil)) }

// headerID hashes [header, signature] given the two fields' bytes.
func headerID(fields []byte) BatchID { return BatchID(hashOf([]byte{0x82}, fields)) }

// Encode returns the bytes of [header, signature].
func (s SignedHeader) Encode() []byte {
	return s.appendFields(dagcbor.AppendArray(nil, 2))
}

// DecodeSignedHeader parses what Encode wrote. The signature is not checked.
// Errors: ErrEncoding, ErrLimit, ErrRule.
func DecodeSignedHeader(raw []byte) (SignedHeader, error) {
	r := dagcbor.NewReader(raw)
	s := readSigned(r)
	err := r.Done()
	if err == nil {
		err = s.check()
	}
	if err != nil {
		return SignedHeader{}, fmt.Errorf("batch header: %w", err)
	}
	return s, nil
}

// Checks implements Signed. Errors: ErrDomain for another ledger.
func (s SignedHeader) Checks(d *Domain, to []Check) ([]Check, error) {
	if s.Ledger != d.Ledger {
		return to, fmt.Errorf("batch header: %w: ledger %s", ErrDomain, s.Ledger)
	}
	return append(to, s.signatureCheck()), nil
}

func (s SignedHeader) describeCheck(int) string { return "header of batch " + s.ID().String() }

func (s SignedHeader) signatureCheck() Check {
	return Check{s.Lane.Key, s.toSign(), s.Signature}
}

// appendFields appends header and signature without the array around them.
func (s SignedHeader) appendFields(to []byte) []byte {
	return dagcbor.AppendBytes(s.appendTo(to), s.Signature[:])
}

func readSigned(r *dagcbor.Reader) SignedHeader {
	r.Tuple(2)
	return readSignedFields(r)
}

func readSignedFields(r *dagcbor.Reader) (s SignedHeader) {
	s.BatchHeader = readHeader(r)
	r.Exactly(s.Signature[:])
	return s
}

// check holds what a well-encoded header must obey.
func (h *BatchHeader) check() error {
	if h.Seq < 1 || h.Seq > MaxCounter {
		return fmt.Errorf("%w: seq %d", ErrLimit, h.Seq)
	}
	if h.Prev.IsZero() != (h.Seq == 1) {
		return fmt.Errorf("%w: seq %d with prev %s", ErrRule, h.Seq, h.Prev)
	}
	return nil
}

// toSign returns the signed bytes.
func (h *BatchHeader) toSign() []byte {
	to := make([]byte, 0, len(batchDomain)+len(h.Ledger)+maxHeaderBytes)
	to = append(to, batchDomain...)
	to = append(to, h.Ledger[:]...)
	return h.appendTo(to)
}

// maxHeaderBytes bounds an encoded header: eight items and the array around them.
const maxHeaderBytes = 1 + 1 + 3*(2+32) + 3*9 + (9 + 32)

func (h *BatchHeader) appendTo(to []byte) []byte {
	to = dagcbor.AppendArray(to, 8)
	to = dagcbor.AppendUint(to, formatVersion)
	to = dagcbor.AppendBytes(to, h.Ledger[:])
	to = dagcbor.AppendBytes(to, h.Lane.Key[:])
	to = dagcbor.AppendUint(to, uint64(h.Lane.Number))
	to = dagcbor.AppendUint(to, uint64(h.Seq))
	to = appendOptionalLink(to, h.Prev)
	to = dagcbor.AppendUint(to, uint64(h.ClaimedAt))
	return dagcbor.AppendBytes(to, h.Records[:])
}

func readHeader(r *dagcbor.Reader) (h BatchHeader) {
	r.Tuple(8)
	readVersion(r)
	r.Exactly(h.Ledger[:])
	r.Exactly(h.Lane.Key[:])
	h.Lane.Number = LaneNumber(r.Uint(1<<32 - 1))
	h.Seq = Seq(r.Uint(MaxCounter))
	h.Prev = r.OptionalLink()
	h.ClaimedAt = readTime(r)
	r.Exactly(h.Records[:])
	return h
}
