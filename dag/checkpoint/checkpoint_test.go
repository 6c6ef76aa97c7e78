package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	tdlog "github.com/transparency-dev/formats/log"
	tdnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"github.com/floormesh/floormesh/dag"
)

// committee returns n members' keys and the domain of their ledger.
func committee(n int) ([]dag.PrivateKey, *dag.Domain) {
	d := &dag.Domain{Mesh: dag.MeshID{1}, Ledger: dag.LedgerID{2, 0xfe}, Epoch: dag.EpochID{3, 0xfe}}
	keys := make([]dag.PrivateKey, n)
	for i := range keys {
		keys[i] = dag.NewPrivateKey([32]byte{byte(i), 77})
		d.Members = append(d.Members, keys[i].Public())
	}
	return keys, d
}

func example(d *dag.Domain) Checkpoint {
	return Checkpoint{
		Origin:      Origin(d.Ledger),
		Size:        20852163,
		Root:        dag.Digest{9, 8, 7},
		Epoch:       d.Epoch,
		Commit:      4711,
		CommitID:    dag.CommitID{5, 5},
		LeaderRound: 9422,
		Time:        1_700_000_000_123,
	}
}

// certify has the given authors cosign c.
func certify(t testing.TB, keys []dag.PrivateKey, c Checkpoint, authors ...dag.Author) *Certified {
	t.Helper()
	var cosignatures []*Cosignature
	for _, a := range authors {
		cosignatures = append(cosignatures, Sign(keys[a], c, a, 1_700_000_000+uint64(a)))
	}
	certified, err := Certify(cosignatures)
	if err != nil {
		t.Fatal(err)
	}
	return certified
}

// verify returns the error of a value's verification.
func verify[T dag.Signed](d *dag.Domain, value T) error {
	_, errs := dag.Verify(dag.NewVerifier(d, rand.NewChaCha8([32]byte{1})), []T{value})
	return errs[0]
}

const exampleText = `floormesh/ledger/02fe000000000000000000000000000000000000000000000000000000000000
20852163
CQgHAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
epoch 03fe000000000000000000000000000000000000000000000000000000000000
commit 4711 bafyreiafauaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 9422 1700000000123
`

func TestText(t *testing.T) {
	_, d := committee(4)
	c := example(d)
	if diff := cmp.Diff(exampleText, c.Text()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got, err := ParseText(exampleText)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseTextRefuses(t *testing.T) {
	for _, c := range []struct{ name, old, new string }{
		{"no origin", "floormesh/ledger/02fe000000000000000000000000000000000000000000000000000000000000", ""},
		{"space in origin", "floormesh/ledger", "floormesh ledger"},
		{"long origin", "floormesh/ledger", strings.Repeat("x", MaxOriginBytes)},
		{"leading zero", "20852163", "020852163"},
		{"plus sign", "20852163", "+20852163"},
		{"negative", "20852163", "-1"},
		{"too large", "20852163", "281474976710657"},
		{"empty size", "20852163", ""},
		{"short root", "CQgHAAAA", ""},
		{"stray bits of base64", "AAA=\n", "AAB=\n"},
		{"carriage return", "AAA=\n", "AAA=\r\n"},
		{"upper-case epoch", "03fe", "03FE"},
		{"no epoch", "epoch ", ""},
		{"raw CID", "bafyreiaf", "bafkreiaf"},
		{"upper-case CID", "bafyreiaf", "BAFYREIAF"},
		{"another word", "commit", "commits"},
		{"no leader round", " 9422", ""},
		{"field too many", " 9422", " 9422 9422"},
		{"two spaces", " 9422", "  9422"},
		{"round too large", " 9422", " 9007199254740992"},
		{"negative time", "1700000000123", "-1700000000123"},
		{"time too large", "1700000000123", "9007199254740992"},
		{"line too many", "0123\n", "0123\nmore\n"},
		{"empty line", "0123\n", "0123\n\n"},
		{"no newline", "0123\n", "0123"},
		{"too long", "0123\n", "0123" + strings.Repeat(" ", MaxTextBytes) + "\n"},
	} {
		text := strings.Replace(exampleText, c.old, c.new, 1)
		if text == exampleText {
			t.Fatalf("%s: changes nothing", c.name)
		}
		if got, err := ParseText(text); !errors.Is(err, ErrText) {
			t.Errorf("%s: got %v, %v, want ErrText", c.name, got, err)
		}
	}
}

func TestQuorum(t *testing.T) {
	for n := 1; n <= dag.MaxCommittee; n++ {
		q, f := Quorum(n), (n-1)/3
		if 2*q-n <= f || n-f < q || 3*f >= n {
			t.Errorf("quorum of %d is %d", n, q)
		}
	}
}

func TestCosignature(t *testing.T) {
	keys, d := committee(4)
	c := Sign(keys[2], example(d), 2, 1_700_000_001)
	if err := verify(d, c); err != nil {
		t.Fatal(err)
	}
	// The signed message of c2sp.org/tlog-cosignature, written out.
	message := "cosignature/v1\ntime 1700000001\n" + exampleText
	if c.Signature != keys[2].Sign([]byte(message)) {
		t.Error("another message was signed than C2SP's")
	}
	for _, bad := range []struct {
		name   string
		change func(*Cosignature)
		want   error
	}{
		{"root", func(c *Cosignature) { c.Root[0]++ }, dag.ErrSignature},
		{"size", func(c *Cosignature) { c.Size++ }, dag.ErrSignature},
		{"round", func(c *Cosignature) { c.LeaderRound++ }, dag.ErrSignature},
		{"commit time", func(c *Cosignature) { c.Time++ }, dag.ErrSignature},
		{"time", func(c *Cosignature) { c.Seconds++ }, dag.ErrSignature},
		{"author", func(c *Cosignature) { c.Author = 1 }, dag.ErrSignature},
		{"no member", func(c *Cosignature) { c.Author = 4 }, dag.ErrDomain},
		{"epoch", func(c *Cosignature) { c.Epoch[0]++ }, dag.ErrDomain},
		{"origin", func(c *Cosignature) { c.Origin += "x" }, dag.ErrDomain},
	} {
		changed := *c
		bad.change(&changed)
		if err := verify(d, &changed); !errors.Is(err, bad.want) {
			t.Errorf("%s: got %v, want %v", bad.name, err, bad.want)
		}
	}
	if late := Sign(keys[0], example(d), 0, 1<<63); late.Seconds != MaxSeconds || verify(d, late) != nil {
		t.Errorf("a clock beyond all times gives %d", late.Seconds)
	}
}

func TestCertified(t *testing.T) {
	keys, d := committee(4)
	c := certify(t, keys, example(d), 3, 0, 1)
	if err := verify(d, c); err != nil {
		t.Fatal(err)
	}
	if c.Endorsements[0].Author != 0 || c.Endorsements[2].Author != 3 {
		t.Errorf("authors do not ascend: %v", c.Endorsements)
	}
	two := certify(t, keys, example(d), 3, 0)
	for _, bad := range []struct {
		name  string
		value *Certified
		want  error
	}{
		{"two of four", two, ErrQuorum},
		{"one twice", &Certified{c.Checkpoint, slices.Concat(two.Endorsements, two.Endorsements[1:])}, dag.ErrRule},
		{"descending", &Certified{c.Checkpoint, []Endorsement{c.Endorsements[1], c.Endorsements[0], c.Endorsements[2]}}, dag.ErrRule},
		{"none", &Certified{c.Checkpoint, nil}, ErrQuorum},
		{"other root", &Certified{Checkpoint{Origin: c.Origin, Epoch: c.Epoch}, c.Endorsements}, dag.ErrSignature},
		{"other epoch", &Certified{Checkpoint{Origin: c.Origin}, c.Endorsements}, dag.ErrDomain},
		{"no member", &Certified{c.Checkpoint, append(slices.Clone(c.Endorsements), Endorsement{Author: 4})}, dag.ErrDomain},
	} {
		if err := verify(d, bad.value); !errors.Is(err, bad.want) {
			t.Errorf("%s: got %v, want %v", bad.name, err, bad.want)
		}
	}
	if _, err := Certify(nil); !errors.Is(err, dag.ErrRule) {
		t.Errorf("certify nothing: got %v", err)
	}
	one, other := Sign(keys[0], c.Checkpoint, 0, 1), Sign(keys[1], c.Checkpoint, 1, 1)
	other.Size++
	for name, cosignatures := range map[string][]*Cosignature{"same author": {one, one}, "two checkpoints": {one, other}} {
		if _, err := Certify(cosignatures); !errors.Is(err, dag.ErrRule) {
			t.Errorf("certify %s: got %v, want ErrRule", name, err)
		}
	}
}

func TestEncoding(t *testing.T) {
	keys, d := committee(dag.MaxCommittee)
	authors := make([]dag.Author, dag.MaxCommittee)
	for i := range authors {
		authors[i] = dag.Author(i)
	}
	c := certify(t, keys, example(d), authors...)
	raw := c.Encode()
	got, err := DecodeCertified(raw)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, got); diff != "" {
		t.Errorf("certified (-want +got):\n%s", diff)
	}
	if len(raw) > MaxEncodedBytes {
		t.Errorf("certified checkpoint of the largest committee has %d bytes", len(raw))
	}
	if n := len(c.Note(d.Members)); n > MaxNoteBytes {
		t.Errorf("note of the largest committee has %d bytes", n)
	}
	one := Sign(keys[127], example(d), 127, 5)
	gotOne, err := DecodeCosignature(one.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(one, gotOne); diff != "" {
		t.Errorf("cosignature (-want +got):\n%s", diff)
	}
	t.Logf("cosignature: %d bytes; certified by 3: %d bytes, note %d bytes", len(one.Encode()),
		len(certify(t, keys, example(d), 0, 1, 2).Encode()), len(certify(t, keys, example(d), 0, 1, 2).Note(d.Members)))
	twice := &Certified{c.Checkpoint, []Endorsement{c.Endorsements[1], c.Endorsements[1]}}
	if _, err := DecodeCertified(twice.Encode()); !errors.Is(err, dag.ErrRule) {
		t.Errorf("author twice: got %v, want ErrRule", err)
	}
}

// Changing any byte of an encoding gives nothing that verifies.
func TestTamperedEncoding(t *testing.T) {
	keys, d := committee(4)
	raw := certify(t, keys, example(d), 0, 1, 2).Encode()
	for i := range raw {
		for _, bit := range []byte{0x01, 0x20, 0x80} {
			changed := bytes.Clone(raw)
			changed[i] ^= bit
			c, err := DecodeCertified(changed)
			if err == nil && verify(d, c) == nil {
				t.Errorf("byte %d changed by %#x is not noticed", i, bit)
			}
		}
	}
}

// Standard tools read our notes: x/mod's note package with transparency-dev's
// verifiers of cosignatures.
func TestNoteIsStandard(t *testing.T) {
	keys, d := committee(4)
	c := certify(t, keys, example(d), 0, 1, 3)
	var verifiers []note.Verifier
	for _, member := range d.Members {
		v, err := tdnote.NewVerifierForCosignatureV1(VerifierKey(member))
		if err != nil {
			t.Fatal(err)
		}
		verifiers = append(verifiers, v)
	}
	got, rest, n, err := tdlog.ParseCheckpoint(c.Note(d.Members), c.Origin, verifiers[0], verifiers[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	want := tdlog.Checkpoint{Origin: c.Origin, Size: c.Size, Hash: c.Root[:]}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Errorf("checkpoint (-want +got):\n%s", diff)
	}
	wantRest := fmt.Sprintf("epoch %s\ncommit 4711 %s 9422 1700000000123\n", c.Epoch, c.CommitID)
	if diff := cmp.Diff(wantRest, string(rest)); diff != "" {
		t.Errorf("extension lines (-want +got):\n%s", diff)
	}
	if len(n.Sigs) != 3 || len(n.UnverifiedSigs) != 0 {
		t.Errorf("%d signatures verified, %d not; want 3 and 0", len(n.Sigs), len(n.UnverifiedSigs))
	}
	for i, e := range c.Endorsements {
		at, err := tdnote.CoSigV1Timestamp(n.Sigs[i])
		if err != nil || uint64(at.Unix()) != e.Seconds {
			t.Errorf("signature %d is of %v (%v), want second %d", i, at, err, e.Seconds)
		}
	}
}

func TestParseNote(t *testing.T) {
	keys, d := committee(4)
	c := certify(t, keys, example(d), 0, 1, 3)
	raw := c.Note(d.Members)
	got, err := ParseNote(raw, d.Members)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	lines := strings.SplitAfter(string(raw), "\n")
	stranger := (&Endorsement{}).line(dag.PublicKey{1})
	for name, text := range map[string]string{
		"empty":            "",
		"text alone":       c.Text(),
		"twice":            string(raw) + lines[len(lines)-2],
		"out of order":     string(raw) + lines[6],
		"by a stranger":    string(raw) + stranger,
		"no newline":       strings.TrimSuffix(string(raw), "\n"),
		"another newline":  string(raw) + "\n",
		"carriage return":  strings.TrimSuffix(string(raw), "\n") + "\r\n",
		"hyphen":           strings.ReplaceAll(string(raw), "—", "-"),
		"no base64":        string(raw) + "— " + MemberName(d.Members[3]) + " !\n",
		"short":            string(raw) + "— " + MemberName(d.Members[3]) + " AAAA\n",
		"longer than ever": string(raw) + strings.Repeat("x", MaxNoteBytes),
	} {
		if got, err := ParseNote([]byte(text), d.Members); !errors.Is(err, ErrText) && !errors.Is(err, dag.ErrRule) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

// Changing any byte of a note gives nothing that verifies.
func TestTamperedNote(t *testing.T) {
	keys, d := committee(4)
	raw := certify(t, keys, example(d), 0, 1, 2, 3).Note(d.Members)
	for i := range raw {
		for _, bit := range []byte{0x01, 0x20} {
			changed := bytes.Clone(raw)
			changed[i] ^= bit
			c, err := ParseNote(changed, d.Members)
			if err == nil && verify(d, c) == nil {
				t.Errorf("byte %d changed by %#x is not noticed", i, bit)
			}
		}
	}
}

func FuzzParseText(f *testing.F) {
	f.Add(exampleText)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseText(text)
		if err == nil && c.Text() != text {
			t.Errorf("%q is written as %q", text, c.Text())
		}
	})
}

func FuzzParseNote(f *testing.F) {
	keys, d := committee(4)
	f.Add(certify(f, keys, example(d), 0, 1, 2).Note(d.Members))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := ParseNote(raw, d.Members)
		if err == nil && !bytes.Equal(c.Note(d.Members), raw) {
			t.Errorf("%q is written as %q", raw, c.Note(d.Members))
		}
	})
}

func FuzzDecodeCosignature(f *testing.F) {
	keys, d := committee(4)
	f.Add(Sign(keys[0], example(d), 0, 1).Encode())
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := DecodeCosignature(raw)
		if err == nil && !bytes.Equal(c.Encode(), raw) {
			t.Errorf("%x is encoded as %x", raw, c.Encode())
		}
	})
}

func FuzzDecodeCertified(f *testing.F) {
	keys, d := committee(4)
	f.Add(certify(f, keys, example(d), 0, 1, 2).Encode())
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := DecodeCertified(raw)
		if err == nil && !bytes.Equal(c.Encode(), raw) {
			t.Errorf("%x is encoded as %x", raw, c.Encode())
		}
	})
}
