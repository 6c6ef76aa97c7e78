package dag_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
)

func TestAdmin(t *testing.T) {
	want := &dag.Admin{Ledger: digest[dag.LedgerID](1), Number: 17, Kind: dag.KindLaneFork, Body: []byte("body")}
	raw := want.Encode()
	strictly(t, raw)
	got, err := dag.DecodeAdmin(raw)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	check(t, []refused{
		{"empty", nil, dag.ErrEncoding},
		{"trailing byte", append(bytes.Clone(raw), 0), dag.ErrEncoding},
		{"another version", replaced(t, raw, "\x85\x01", "\x85\x02"), dag.ErrEncoding},
		{"number over the bound", (&dag.Admin{Number: dag.MaxCounter + 1}).Encode(), dag.ErrLimit},
		{"long kind", (&dag.Admin{Kind: strings.Repeat("k", dag.MaxKindBytes+1)}).Encode(), dag.ErrLimit},
		{"body is text", replaced(t, raw, "\x44body", "\x64body"), dag.ErrEncoding},
	}, dag.DecodeAdmin)
}

// fork returns the signed headers of two batches with one seq.
func fork(t testing.TB) (g *dag.Genesis, a, b dag.SignedHeader) {
	t.Helper()
	g, nodes, _ := dagtest.Genesis(4)
	a = dagtest.Lane(t, g, nodes[0], 0, 0, 1)[0].Header()
	b = dagtest.Lane(t, g, nodes[0], 0, 9, 1)[0].Header()
	return g, a, b
}

func TestForkEvidence(t *testing.T) {
	g, a, b := fork(t)
	for _, pair := range [][2]dag.SignedHeader{{a, b}, {b, a}} {
		e, err := dag.NewForkEvidence(pair[0], pair[1])
		if err != nil {
			t.Fatal(err)
		}
		strictly(t, e.Encode())
		got, err := dag.DecodeForkEvidence(e.Encode())
		if err != nil || *got != *e {
			t.Fatalf("decoded %+v, %v", got, err)
		}
		if e.A.ID().Compare(e.B.ID()) >= 0 {
			t.Error("the lower id is not first")
		}
		if err := verifyOne(g.Domain(), got); err != nil {
			t.Error(err)
		}
		got.B.Signature[3] ^= 1
		if err := verifyOne(g.Domain(), got); !errors.Is(err, dag.ErrSignature) {
			t.Errorf("a forged half: %v, want ErrSignature", err)
		}
		got.A.Ledger = digest[dag.LedgerID](1)
		if err := verifyOne(g.Domain(), got); !errors.Is(err, dag.ErrDomain) {
			t.Errorf("of another ledger: %v, want ErrDomain", err)
		}
	}
}

func TestForkEvidenceRefuses(t *testing.T) {
	_, a, b := fork(t)
	for _, c := range []struct {
		name   string
		change func(b *dag.SignedHeader)
	}{
		{"one batch", func(b *dag.SignedHeader) { *b = a }},
		{"two ledgers", func(b *dag.SignedHeader) { b.Ledger = dag.LedgerID{} }},
		{"two lanes", func(b *dag.SignedHeader) { b.Lane.Number++ }},
		{"two seqs", func(b *dag.SignedHeader) { b.Seq, b.Prev = 2, a.ID() }},
	} {
		changed := b
		c.change(&changed)
		if _, err := dag.NewForkEvidence(a, changed); !errors.Is(err, dag.ErrRule) {
			t.Errorf("%s: %v, want ErrRule", c.name, err)
		}
	}
	e, err := dag.NewForkEvidence(a, b)
	if err != nil {
		t.Fatal(err)
	}
	reversed := &dag.ForkEvidence{A: e.B, B: e.A}
	unnumbered := &dag.ForkEvidence{A: e.A, B: e.B}
	unnumbered.A.Seq, unnumbered.B.Seq = 0, 0
	check(t, []refused{
		{"empty", nil, dag.ErrEncoding},
		{"higher id first", reversed.Encode(), dag.ErrRule},
		{"seq 0", unnumbered.Encode(), dag.ErrLimit},
		{"trailing byte", append(e.Encode(), 0), dag.ErrEncoding},
	}, dag.DecodeForkEvidence)
}
