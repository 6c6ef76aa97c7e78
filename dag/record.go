package dag

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/floormesh/floormesh/dag/cose"
	"github.com/floormesh/floormesh/dag/dagcbor"
)

// ContentFormat is a record's content type as a CoAP Content-Format number
// (RFC 7252 section 12.3).
type ContentFormat uint16

// Content formats.
const (
	FormatSenMLJSON ContentFormat = 110   // application/senml+json
	FormatSenMLCBOR ContentFormat = 112   // application/senml+cbor
	FormatAdmin     ContentFormat = 65000 // administrative record, DAG-CBOR (experimental range)
)

// Record is one signed statement. Immutable. Payload and Raw alias the bytes it
// was decoded from; keeping a record of a batch keeps that batch in memory.
//
// Encoding: a COSE_Sign1 message (RFC 9052 section 4.2) in exactly one form:
// tag 18, [protected, {}, payload, signature] with
// protected = {1 (alg): -8 (EdDSA), 3 (content type): format, 4 (kid): signer's key}
// and external_aad = the 32 bytes of the mesh id.
type Record struct {
	raw       []byte
	id        RecordID
	statement Digest
	mesh      MeshID
	protected []byte // aliases raw
	Signer    PublicKey
	Format    ContentFormat
	Payload   []byte // aliases raw
	Signature Signature
}

// What a record's encoding begins with, and the fixed parts of its protected header.
const (
	recordOpening   = "\xd2\x84"              // tag 18, array of 4
	protectedOpened = "\xa3\x01\x27\x03"      // map of 3, alg: EdDSA, content type:
	kidOpening      = "\x04"                  // kid:
	emptyHeader     = "\xa0"                  // the unprotected header
	maxProtected    = 4 + 3 + 1 + 2 + 32      // the above with the longest format
	structureBytes  = 12 + 2 + 2 + 32 + 2 + 5 // a Sig_structure's own, longest
)

// SignRecord makes a record of mesh signed by key. It copies payload.
// Errors: ErrLimit when payload is empty or over MaxPayloadBytes.
func SignRecord(mesh MeshID, key PrivateKey, format ContentFormat, payload []byte) (*Record, error) {
	if len(payload) == 0 || len(payload) > MaxPayloadBytes {
		return nil, fmt.Errorf("record: %w: payload of %d bytes, want 1 to %d", ErrLimit, len(payload), MaxPayloadBytes)
	}
	protected := appendProtected(make([]byte, 0, maxProtected), key.Public(), format)
	message := make([]byte, 0, structureBytes+len(protected)+len(payload))
	message = cose.AppendToBeSigned(message, protected, mesh[:], payload)
	signature := key.Sign(message)

	raw := make([]byte, 0, len(message)+len(signature))
	raw = append(raw, recordOpening...)
	raw = dagcbor.AppendBytes(raw, protected)
	raw = append(raw, emptyHeader...)
	raw = dagcbor.AppendBytes(raw, payload)
	raw = dagcbor.AppendBytes(raw, signature[:])
	r, err := DecodeRecord(mesh, raw)
	if err != nil {
		panic(fmt.Sprintf("dag: own record %x does not decode: %v", raw, err))
	}
	return r, nil
}

func appendProtected(to []byte, signer PublicKey, format ContentFormat) []byte {
	to = append(to, protectedOpened...)
	to = dagcbor.AppendUint(to, uint64(format))
	to = append(to, kidOpening...)
	return dagcbor.AppendBytes(to, signer[:])
}

// DecodeRecord parses the one encoding a record may have. It does not check
// the signature; see Verify. It keeps raw. Errors: ErrEncoding, ErrLimit.
func DecodeRecord(mesh MeshID, raw []byte) (*Record, error) {
	r := new(Record)
	if _, err := r.decode(mesh, raw, nil); err != nil {
		return nil, err
	}
	return r, nil
}

// decode fills r. The Sig_structure is built in scratch, which is returned for
// the next record: it is needed again only when the signature is checked.
func (r *Record) decode(mesh MeshID, raw, scratch []byte) ([]byte, error) {
	if len(raw) > MaxRecordBytes {
		return scratch, fmt.Errorf("record: %w: %d bytes, at most %d", ErrLimit, len(raw), MaxRecordBytes)
	}
	rd := dagcbor.NewReader(raw)
	rd.Literal(recordOpening)
	r.protected = rd.Bytes(maxProtected)
	rd.Literal(emptyHeader)
	r.Payload = rd.Bytes(MaxPayloadBytes)
	rd.Exactly(r.Signature[:])
	if err := rd.Done(); err != nil {
		return scratch, fmt.Errorf("record: %w", err)
	}
	if len(r.Payload) == 0 {
		return scratch, fmt.Errorf("record: %w: empty payload", ErrLimit)
	}
	if err := r.readProtected(); err != nil {
		return scratch, fmt.Errorf("record: protected header: %w", err)
	}
	r.raw, r.mesh = raw, mesh
	r.id = sha256.Sum256(raw)
	scratch = r.appendToSign(slices.Grow(scratch[:0], r.toSignBytes()))
	r.statement = sha256.Sum256(scratch)
	return scratch, nil
}

func (r *Record) readProtected() error {
	rd := dagcbor.NewReader(r.protected)
	rd.Literal(protectedOpened)
	r.Format = ContentFormat(rd.Uint(1<<16 - 1))
	rd.Literal(kidOpening)
	rd.Exactly(r.Signer[:])
	return rd.Done()
}

// appendToSign appends the signed bytes.
func (r *Record) appendToSign(to []byte) []byte {
	return cose.AppendToBeSigned(to, r.protected, r.mesh[:], r.Payload)
}

// toSignBytes is at least the length of the signed bytes.
func (r *Record) toSignBytes() int { return structureBytes + len(r.protected) + len(r.Payload) }

// ID returns the record's id.
func (r *Record) ID() RecordID { return r.id }

// Raw returns the record's bytes; read only.
func (r *Record) Raw() []byte { return r.raw }

// Statement returns the digest of the signed bytes (the COSE Sig_structure).
// Two records with one statement are duplicates whatever their signatures.
func (r *Record) Statement() Digest { return r.statement }

// Checks implements Signed. Errors: ErrDomain for a record of another mesh.
func (r *Record) Checks(d *Domain, to []Check) ([]Check, error) {
	if r.mesh != d.Mesh {
		return to, fmt.Errorf("record %s: %w: mesh %s", r.id, ErrDomain, r.mesh)
	}
	return append(to, Check{r.Signer, r.appendToSign(make([]byte, 0, r.toSignBytes())), r.Signature}), nil
}

// describeCheck names what check i was about.
func (r *Record) describeCheck(int) string { return "record " + r.id.String() }
