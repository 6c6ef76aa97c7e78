package dag_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagcbor"
	"github.com/floormesh/floormesh/dag/dagtest"
)

func TestBatchRoundTrip(t *testing.T) {
	g, nodes, _ := dagtest.Genesis(4)
	for i, signed := range dagtest.Lane(t, g, nodes[0], dag.LaneAlarms, 0, 1, 3, 100) {
		strictly(t, signed.Raw())
		b, err := dag.DecodeBatch(g.ID(), signed.Raw())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(signed.Header(), b.Header()); diff != "" {
			t.Errorf("batch %d: header (-signed +decoded):\n%s", i, diff)
		}
		if b.ID() != signed.ID() || len(b.Items) != len(signed.Items) {
			t.Errorf("batch %d: id %s with %d items, want %s with %d", i, b.ID(), len(b.Items), signed.ID(), len(signed.Items))
		}
		for k, r := range b.Items {
			if r.ID() != signed.Items[k].ID() {
				t.Errorf("batch %d: item %d is %s, want %s", i, k, r.ID(), signed.Items[k].ID())
			}
		}
		if err := verifyOne(g.Domain(), b); err != nil {
			t.Error(err)
		}
		for _, b := range []*dag.Batch{signed, b} {
			h := b.Header()
			h.Records = dag.Digest{} // computed again
			joined, err := dag.JoinBatch(g.ID(), h, bytes.Clone(b.Body()))
			if err != nil {
				t.Fatal(err)
			}
			if joined.ID() != signed.ID() || !bytes.Equal(joined.Raw(), signed.Raw()) || len(joined.Items) != len(signed.Items) {
				t.Errorf("batch %d: joined of its parts it is another", i)
			}
		}
	}
}

func TestJoinBatchRefuses(t *testing.T) {
	g, nodes, _ := dagtest.Genesis(1)
	b := dagtest.Lane(t, g, nodes[0], 0, 0, 1, 2)[1]
	noPrev := b.Header()
	noPrev.Prev = dag.BatchID{}
	for _, c := range []struct {
		name   string
		header dag.SignedHeader
		body   []byte
		want   error
	}{
		{"no prev", noPrev, b.Body(), dag.ErrRule},
		{"no records", b.Header(), dagcbor.AppendArray(nil, 0), dag.ErrLimit},
		{"body cut short", b.Header(), b.Body()[:len(b.Body())-1], dag.ErrEncoding},
		{"body too long", b.Header(), append(bytes.Clone(b.Body()), 0), dag.ErrEncoding},
		{"body too large", b.Header(), make([]byte, dag.MaxBatchBytes), dag.ErrLimit},
	} {
		if _, err := dag.JoinBatch(g.ID(), c.header, c.body); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestSignedHeader(t *testing.T) {
	g, nodes, _ := dagtest.Genesis(1)
	b := dagtest.Lane(t, g, nodes[0], 0, 0, 1, 1)[1]
	raw := b.Header().Encode()
	strictly(t, raw)
	if b.ID() != dag.BatchID(sha256.Sum256(raw)) || b.Header().ID() != b.ID() {
		t.Error("the batch's id is not the digest of its signed header")
	}
	h, err := dag.DecodeSignedHeader(raw)
	if err != nil || h != b.Header() {
		t.Errorf("decoded %+v, %v", h, err)
	}
	if err := verifyOne(g.Domain(), h); err != nil {
		t.Error(err)
	}
	if len(raw) > dag.BatchOverheadBytes-6 { // two array heads and the list's
		t.Errorf("a header of %d bytes, overhead is said to be %d", len(raw), dag.BatchOverheadBytes)
	}
	if _, err := dag.DecodeSignedHeader(append(raw, 0)); !errors.Is(err, dag.ErrEncoding) {
		t.Errorf("trailing byte: %v", err)
	}
	h.Signature[0] ^= 1
	if h.ID() == b.ID() {
		t.Error("the id does not cover the signature")
	}
}

func TestSignBatchRefuses(t *testing.T) {
	mesh, key := digest[dag.MeshID](1), dagtest.Key("node", 0)
	lane := dag.LaneID{Key: key.Public()}
	one := []*dag.Record{dagtest.Reading(mesh, key, 1)}
	large, err := dag.SignRecord(mesh, key, 0, make([]byte, dag.MaxPayloadBytes))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		header  dag.BatchHeader
		records []*dag.Record
		want    error
	}{
		{"another's lane", dag.BatchHeader{Lane: dag.LaneID{Key: dagtest.DeviceKey(9).Public()}, Seq: 1}, one, dag.ErrKey},
		{"no records", dag.BatchHeader{Lane: lane, Seq: 1}, nil, dag.ErrLimit},
		{"too many records", dag.BatchHeader{Lane: lane, Seq: 1}, repeat(one[0], dag.MaxBatchRecords+1), dag.ErrLimit},
		{"too many bytes", dag.BatchHeader{Lane: lane, Seq: 1}, repeat(large, 8), dag.ErrLimit},
		{"seq 0", dag.BatchHeader{Lane: lane}, one, dag.ErrLimit},
		{"seq too high", dag.BatchHeader{Lane: lane, Seq: dag.MaxCounter + 1, Prev: digest[dag.BatchID](1)}, one, dag.ErrLimit},
		{"first with prev", dag.BatchHeader{Lane: lane, Seq: 1, Prev: digest[dag.BatchID](1)}, one, dag.ErrRule},
		{"second without prev", dag.BatchHeader{Lane: lane, Seq: 2}, one, dag.ErrRule},
	} {
		if _, err := dag.SignBatch(c.header, c.records, key); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// TestBatchOfFullSize: as many records as BatchBytes says still fit.
func TestBatchOfFullSize(t *testing.T) {
	mesh, key := digest[dag.MeshID](1), dagtest.Key("node", 0)
	var (
		records []*dag.Record
		size    = dag.BatchOverheadBytes
	)
	for {
		r, err := dag.SignRecord(mesh, key, 0, make([]byte, 9000+len(records)))
		if err != nil {
			t.Fatal(err)
		}
		if size += r.BatchBytes(); size > dag.MaxBatchBytes {
			break
		}
		records = append(records, r)
	}
	b, err := dag.SignBatch(dag.BatchHeader{Lane: dag.LaneID{Key: key.Public()}, Seq: 1}, records, key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dag.DecodeBatch(mesh, b.Raw()); err != nil {
		t.Error(err)
	}
}

func TestDecodeBatchRefuses(t *testing.T) {
	g, nodes, _ := dagtest.Genesis(1)
	lane := dagtest.Lane(t, g, nodes[0], 7, 0, 1, 2)
	raw := lane[1].Raw()
	key := nodes[0].Public()
	numberSeq := string(key[:]) + "\x07\x02"
	prev := lane[0].ID()
	link := string(dagcbor.AppendLink(nil, prev))
	list := string(appendRecords(lane[1].Items))
	zero := string(dagcbor.AppendLink(nil, [32]byte{}))
	check(t, []refused{
		{"empty", nil, dag.ErrEncoding},
		{"trailing byte", append(bytes.Clone(raw), 0), dag.ErrEncoding},
		{"cut", raw[:len(raw)-1], dag.ErrEncoding},
		{"another version", replaced(t, raw, "\x83\x88\x01", "\x83\x88\x02"), dag.ErrEncoding},
		{"no version", replaced(t, raw, "\x83\x88\x01", "\x83\x87"), dag.ErrEncoding},
		{"seq 0", replaced(t, raw, numberSeq, string(key[:])+"\x07\x00"), dag.ErrLimit},
		{"seq 1 with prev", replaced(t, raw, numberSeq, string(key[:])+"\x07\x01"), dag.ErrRule},
		{"seq 2 without prev", replaced(t, raw, link, "\xf6"), dag.ErrRule},
		{"prev is zero", replaced(t, raw, link, zero), dag.ErrEncoding},
		{"long seq", replaced(t, raw, numberSeq, string(key[:])+"\x07\x18\x02"), dag.ErrEncoding},
		{"lane number over 32 bits", replaced(t, raw, numberSeq, string(key[:])+"\x1b\x00\x00\x00\x01\x00\x00\x00\x00\x02"), dag.ErrLimit},
		{"no records", replaced(t, raw, list, "\x80"), dag.ErrLimit},
		{"other records", replaced(t, raw, list, string(appendRecords(lane[0].Items))), dag.ErrRule},
		{"records out of order", replaced(t, raw, list, string(appendRecords([]*dag.Record{lane[1].Items[1], lane[1].Items[0]}))), dag.ErrRule},
		{"a record that is none", replaced(t, raw, list, "\x81\x41\x00"), dag.ErrEncoding},
		{"claims many records", replaced(t, raw, list, "\x99\x10\x00"), dag.ErrEncoding},
		{"claims too many records", replaced(t, raw, list, "\x99\x10\x01"), dag.ErrLimit},
		{"too large", make([]byte, dag.MaxBatchBytes+1), dag.ErrLimit},
	}, func(raw []byte) (*dag.Batch, error) { return dag.DecodeBatch(g.ID(), raw) })
}

// TestBatchHoldsToItsDomain: of the right ledger, signed for it, with records of its mesh.
func TestBatchHoldsToItsDomain(t *testing.T) {
	g, nodes, _ := dagtest.Genesis(1)
	b := dagtest.Lane(t, g, nodes[0], 0, 0, 2)[0]
	domain := *g.Domain()
	domain.Ledger = digest[dag.LedgerID](1)
	if err := verifyOne(&domain, b); !errors.Is(err, dag.ErrDomain) {
		t.Errorf("another ledger: %v, want ErrDomain", err)
	}
	if err := verifyOne(&domain, b.Header()); !errors.Is(err, dag.ErrDomain) {
		t.Errorf("another ledger, header: %v, want ErrDomain", err)
	}
	domain = *g.Domain()
	domain.Mesh = digest[dag.MeshID](1)
	if err := verifyOne(&domain, b); !errors.Is(err, dag.ErrDomain) {
		t.Errorf("another mesh: %v, want ErrDomain", err)
	}
}

func appendRecords(records []*dag.Record) []byte {
	list := dagcbor.AppendArray(nil, len(records))
	for _, r := range records {
		list = dagcbor.AppendBytes(list, r.Raw())
	}
	return list
}

func repeat[T any](v T, n int) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = v
	}
	return out
}

func BenchmarkDecodeBatch(b *testing.B) {
	g, nodes, _ := dagtest.Genesis(1)
	batch := dagtest.Lane(b, g, nodes[0], 0, 0, 100)[0]
	b.SetBytes(int64(len(batch.Raw())))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := dag.DecodeBatch(g.ID(), batch.Raw()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyBatch(b *testing.B) {
	g, nodes, _ := dagtest.Genesis(1)
	batch := dagtest.Lane(b, g, nodes[0], 0, 0, 100)[0]
	v := dag.NewVerifier(g.Domain(), dagtest.Random(1))
	b.ReportAllocs()
	for b.Loop() {
		if _, errs := dag.Verify(v, []*dag.Batch{batch}); errs[0] != nil {
			b.Fatal(errs[0])
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(1+len(batch.Items)), "ns/signature")
}

func BenchmarkSignRecord(b *testing.B) {
	key := dagtest.DeviceKey(1)
	b.ReportAllocs()
	for b.Loop() {
		dagtest.Reading(dag.MeshID{}, key, 1)
	}
}
