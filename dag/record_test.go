package dag_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"testing"

	gocose "github.com/veraison/go-cose"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/cose"
	"github.com/floormesh/floormesh/dag/dagtest"
)

func TestRecordRoundTrip(t *testing.T) {
	mesh, key := digest[dag.MeshID](1), dagtest.DeviceKey(1)
	for _, c := range []struct {
		format  dag.ContentFormat
		payload []byte
	}{
		{0, []byte{0}},
		{23, []byte("x")},
		{24, []byte("xy")},
		{dag.FormatSenMLJSON, bytes.Repeat([]byte("x"), 255)},
		{255, bytes.Repeat([]byte("x"), 256)},
		{256, bytes.Repeat([]byte("x"), 23)},
		{dag.FormatAdmin, bytes.Repeat([]byte("x"), 24)},
		{65535, bytes.Repeat([]byte("x"), dag.MaxPayloadBytes)},
	} {
		signed, err := dag.SignRecord(mesh, key, c.format, c.payload)
		if err != nil {
			t.Fatal(err)
		}
		r, err := dag.DecodeRecord(mesh, signed.Raw())
		if err != nil {
			t.Fatal(err)
		}
		if r.Signer != key.Public() || r.Format != c.format || !bytes.Equal(r.Payload, c.payload) {
			t.Errorf("decoded %v, format %d, %d bytes", r.Signer, r.Format, len(r.Payload))
		}
		if r.ID() != dag.RecordID(sha256.Sum256(r.Raw())) || r.ID() != signed.ID() {
			t.Errorf("id %s is not the digest of the bytes", r.ID())
		}
		if err := verifyOne(&dag.Domain{Mesh: mesh}, r); err != nil {
			t.Error(err)
		}
	}
}

func TestSignRecordLimits(t *testing.T) {
	for _, size := range []int{0, dag.MaxPayloadBytes + 1} {
		if _, err := dag.SignRecord(dag.MeshID{}, dagtest.DeviceKey(1), 0, make([]byte, size)); !errors.Is(err, dag.ErrLimit) {
			t.Errorf("%d bytes: %v, want ErrLimit", size, err)
		}
	}
}

func TestDecodeRecordRefuses(t *testing.T) {
	mesh := digest[dag.MeshID](1)
	signed, err := dag.SignRecord(mesh, dagtest.DeviceKey(1), dag.FormatSenMLCBOR, []byte("twenty-four bytes of it!"))
	if err != nil {
		t.Fatal(err)
	}
	raw := signed.Raw()
	payload := "\x58\x18twenty-four bytes of it!"
	check(t, []refused{
		{"empty", nil, dag.ErrEncoding},
		{"untagged", raw[1:], dag.ErrEncoding},
		{"tag in two bytes", replaced(t, raw, "\xd2", "\xd8\x12"), dag.ErrEncoding},
		{"trailing byte", append(bytes.Clone(raw), 0), dag.ErrEncoding},
		{"cut", raw[:len(raw)-1], dag.ErrEncoding},
		{"indefinite array", append(replaced(t, raw, "\xd2\x84", "\xd2\x9f"), 0xff), dag.ErrEncoding},
		{"unprotected header", replaced(t, raw, "\xa0"+payload, "\xa1\x00\x00"+payload), dag.ErrEncoding},
		{"another algorithm", replaced(t, raw, "\x01\x27", "\x01\x26"), dag.ErrEncoding},
		{"algorithm in two bytes", replaced(t, raw, "\x58\x29\xa3\x01\x27", "\x58\x2a\xa3\x01\x38\x07"), dag.ErrEncoding},
		{"format in three bytes", replaced(t, raw, "\x58\x29\xa3\x01\x27\x03\x18\x70", "\x58\x2a\xa3\x01\x27\x03\x19\x00\x70"), dag.ErrEncoding},
		{"format over 16 bits", replaced(t, raw, "\x58\x29\xa3\x01\x27\x03\x18\x70", "\x58\x2c\xa3\x01\x27\x03\x1a\x00\x01\x00\x00"), dag.ErrLimit},
		{"kid of 31 bytes", replaced(t, raw, "\x04\x58\x20", "\x04\x58\x1f"), dag.ErrEncoding},
		{"more in the protected header", replaced(t, raw, "\xa3\x01", "\xa4\x01"), dag.ErrEncoding},
		{"empty payload", replaced(t, raw, payload, "\x40"), dag.ErrLimit},
		{"detached payload", replaced(t, raw, payload, "\xf6"), dag.ErrEncoding},
		{"payload's length in three bytes", replaced(t, raw, "\x58\x18", "\x59\x00\x18"), dag.ErrEncoding},
		{"short signature", replaced(t, raw, "\x58\x40", "\x58\x3f"), dag.ErrEncoding},
		{"too large", make([]byte, dag.MaxRecordBytes+1), dag.ErrLimit},
	}, func(raw []byte) (*dag.Record, error) { return dag.DecodeRecord(mesh, raw) })
}

// TestRecordIsBoundToItsMesh: what was signed for one mesh holds in no other.
func TestRecordIsBoundToItsMesh(t *testing.T) {
	ours, theirs := digest[dag.MeshID](1), digest[dag.MeshID](2)
	r := dagtest.Reading(ours, dagtest.DeviceKey(1), 1)
	moved, err := dag.DecodeRecord(theirs, r.Raw())
	if err != nil {
		t.Fatal(err)
	}
	if moved.Statement() == r.Statement() {
		t.Error("one statement in two meshes")
	}
	if err := verifyOne(&dag.Domain{Mesh: theirs}, moved); !errors.Is(err, dag.ErrSignature) {
		t.Errorf("decoded for the other mesh: %v, want ErrSignature", err)
	}
	if err := verifyOne(&dag.Domain{Mesh: theirs}, r); !errors.Is(err, dag.ErrDomain) {
		t.Errorf("carried over: %v, want ErrDomain", err)
	}
}

// TestStatementIgnoresSignature: who signs a reading twice, with another nonce,
// has two records but one statement.
func TestStatementIgnoresSignature(t *testing.T) {
	mesh := digest[dag.MeshID](1)
	r := dagtest.Reading(mesh, dagtest.DeviceKey(1), 1)
	raw := bytes.Clone(r.Raw())
	raw[len(raw)-1] ^= 1
	other, err := dag.DecodeRecord(mesh, raw)
	if err != nil {
		t.Fatal(err)
	}
	if other.ID() == r.ID() || other.Statement() != r.Statement() {
		t.Error("want another id with the same statement")
	}
}

// TestRecordsAreCOSE: both generic readers of COSE agree with ours.
func TestRecordsAreCOSE(t *testing.T) {
	mesh, key := digest[dag.MeshID](1), dagtest.DeviceKey(1)
	r := dagtest.Reading(mesh, key, 1)

	m, err := cose.Decode(r.Raw())
	if err != nil {
		t.Fatal(err)
	}
	if got := sha256.Sum256(m.ToBeSigned(mesh[:])); got != r.Statement() {
		t.Errorf("dag/cose: statement %x, want %x", got, r.Statement())
	}
	if !m.Tagged || !bytes.Equal(m.KeyID(), r.Signer[:]) || !bytes.Equal(m.Payload, r.Payload) {
		t.Errorf("dag/cose: %+v", m)
	}
	if err := m.Verify(r.Signer, mesh[:]); err != nil {
		t.Errorf("dag/cose: %v", err)
	}

	var theirs gocose.Sign1Message
	if err := theirs.UnmarshalCBOR(r.Raw()); err != nil {
		t.Fatal(err)
	}
	public := key.Public()
	verifier, err := gocose.NewVerifier(gocose.AlgorithmEdDSA, ed25519.PublicKey(public[:]))
	if err != nil {
		t.Fatal(err)
	}
	if err := theirs.Verify(mesh[:], verifier); err != nil {
		t.Errorf("go-cose: %v", err)
	}
	if err := theirs.Verify(nil, verifier); err == nil {
		t.Error("go-cose: verifies without the mesh id")
	}
}

// TestGoCOSESignsRecords: what go-cose writes with our headers is a record.
func TestGoCOSESignsRecords(t *testing.T) {
	mesh, key := digest[dag.MeshID](1), dagtest.DeviceKey(1)
	seed, public := key.Seed(), key.Public()
	signer, err := gocose.NewSigner(gocose.AlgorithmEdDSA, ed25519.NewKeyFromSeed(seed[:]))
	if err != nil {
		t.Fatal(err)
	}
	m := gocose.Sign1Message{
		Headers: gocose.Headers{Protected: gocose.ProtectedHeader{
			gocose.HeaderLabelAlgorithm:   gocose.AlgorithmEdDSA,
			gocose.HeaderLabelContentType: int64(dag.FormatSenMLCBOR),
			gocose.HeaderLabelKeyID:       public[:],
		}},
		Payload: dagtest.Reading(mesh, key, 1).Payload,
	}
	if err := m.Sign(rand.Reader, mesh[:], signer); err != nil {
		t.Fatal(err)
	}
	raw, err := m.MarshalCBOR()
	if err != nil {
		t.Fatal(err)
	}
	r, err := dag.DecodeRecord(mesh, raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifyOne(&dag.Domain{Mesh: mesh}, r); err != nil {
		t.Error(err)
	}
	if want := dagtest.Reading(mesh, key, 1); r.ID() != want.ID() {
		t.Errorf("id %s, ours is %s", r.ID(), want.ID())
	}
}
