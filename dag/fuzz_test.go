package dag_test

import (
	"bytes"
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagcbor"
	"github.com/floormesh/floormesh/dag/dagtest"
)

// Each target: no panic, and what decodes is made again, byte for byte, from
// nothing but its fields. That shows that no two encodings decode to one value.

func FuzzDecodeRecord(f *testing.F) {
	mesh := digest[dag.MeshID](1)
	f.Add(dagtest.Reading(mesh, dagtest.DeviceKey(1), 1).Raw())
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := dag.DecodeRecord(mesh, raw)
		if err != nil {
			return
		}
		same(t, raw, encodeRecord(r))
		if verifyOne(&dag.Domain{Mesh: mesh}, r) == nil && r.Signer.Check() != nil {
			t.Errorf("verified under key %s", r.Signer)
		}
	})
}

func FuzzDecodeBatch(f *testing.F) {
	g, nodes, _ := dagtest.Genesis(1)
	for _, b := range dagtest.Lane(f, g, nodes[0], 5, 0, 1, 2) {
		f.Add(b.Raw())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := dag.DecodeBatch(g.ID(), raw)
		if err != nil {
			return
		}
		header := b.Header().Encode()
		again := dagcbor.AppendArray(nil, 3)
		again = append(again, header[1:]...)
		same(t, raw, append(again, appendRecords(b.Items)...))
		if b.Header().ID() != b.ID() {
			t.Errorf("id %s, of the header %s", b.ID(), b.Header().ID())
		}
	})
}

func FuzzDecodeSignedHeader(f *testing.F) {
	_, a, b := fork(f)
	f.Add(a.Encode())
	f.Add(b.Encode())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if h, err := dag.DecodeSignedHeader(raw); err == nil {
			same(t, raw, h.Encode())
		}
	})
}

func FuzzDecodeBlock(f *testing.F) {
	for _, b := range []dag.BlockBody{body(), {Round: 1}} {
		f.Add(dag.SignBlock(dag.LedgerID{}, b, dagtest.DeviceKey(1)).Raw())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := dag.DecodeBlock(raw)
		if err != nil {
			return
		}
		again := dag.SignBlock(dag.LedgerID{}, b.BlockBody, dagtest.DeviceKey(1)).Raw()
		again = append(again[:len(again)-len(b.Signature)], b.Signature[:]...)
		same(t, raw, again)
	})
}

func FuzzDecodeCommit(f *testing.F) {
	f.Add(commit().Seal().Raw())
	f.Add((&dag.Commit{Index: 1, Leader: ref(1, 0)}).Seal().Raw())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if c, err := dag.DecodeCommit(raw); err == nil {
			again := *c
			same(t, raw, again.Seal().Raw())
		}
	})
}

func FuzzDecodeOutcome(f *testing.F) {
	f.Add((&dag.Outcome{Commit: digest[dag.CommitID](1), FirstLeaf: 300, Records: 7}).Encode())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if o, err := dag.DecodeOutcome(raw); err == nil {
			same(t, raw, o.Encode())
		}
	})
}

func FuzzDecodeGenesis(f *testing.F) {
	g, _, _ := dagtest.Genesis(2)
	f.Add(g.Encode())
	g.Devices = []dag.PublicKey{dagtest.DeviceKey(1).Public()}
	f.Add(g.Encode())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if g, err := dag.DecodeGenesis(raw); err == nil {
			same(t, raw, g.Encode())
		}
	})
}

func FuzzDecodeAdmin(f *testing.F) {
	f.Add((&dag.Admin{Number: 7, Kind: dag.KindLaneFork, Body: []byte{1}}).Encode())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if a, err := dag.DecodeAdmin(raw); err == nil {
			same(t, raw, a.Encode())
		}
	})
}

func FuzzDecodeForkEvidence(f *testing.F) {
	_, a, b := fork(f)
	e, err := dag.NewForkEvidence(a, b)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(e.Encode())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if e, err := dag.DecodeForkEvidence(raw); err == nil {
			same(t, raw, e.Encode())
		}
	})
}

// same compares bytes and holds them to strict DAG-CBOR, records excepted,
// which are COSE.
func same(t *testing.T, raw, again []byte) {
	t.Helper()
	if !bytes.Equal(raw, again) {
		t.Errorf("decoded\n%x, encoded\n%x", raw, again)
	}
	if raw[0] != 0xd2 {
		strictly(t, raw)
	}
}

// encodeRecord writes a record anew.
func encodeRecord(r *dag.Record) []byte {
	protected := []byte{0xa3, 0x01, 0x27, 0x03}
	protected = dagcbor.AppendUint(protected, uint64(r.Format))
	protected = dagcbor.AppendBytes(append(protected, 0x04), r.Signer[:])
	raw := dagcbor.AppendBytes([]byte{0xd2, 0x84}, protected)
	raw = dagcbor.AppendBytes(append(raw, 0xa0), r.Payload)
	return dagcbor.AppendBytes(raw, r.Signature[:])
}
