package proof

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	tdproof "github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/dagcbor"
	"github.com/floormesh/floormesh/dag/merkle"
	"github.com/floormesh/floormesh/dag/senml"
)

// plant is a mesh of four gateways with a short log.
type plant struct {
	genesis dag.Genesis
	nodes   []dag.PrivateKey
	members []dag.PrivateKey
	device  dag.PrivateKey
	records []*dag.Record // leaf i of the log is records[i]
	hashes  []tlog.Hash   // as tlog stores them
}

const (
	signedLeaf   = 5 // a record that a device signed
	attestedLeaf = 6 // a record that gateway gw2 signed
)

func newPlant(t testing.TB) *plant {
	t.Helper()
	p := &plant{genesis: dag.DefaultGenesis(), device: dag.NewPrivateKey([32]byte{99})}
	p.genesis.Mesh, p.genesis.Site, p.genesis.Created = "plant-7", "linz", 1_700_000_000_000
	for i := range byte(4) {
		node, member := dag.NewPrivateKey([32]byte{i, 1}), dag.NewPrivateKey([32]byte{i, 2})
		p.nodes, p.members = append(p.nodes, node), append(p.members, member)
		p.genesis.Gateways = append(p.genesis.Gateways,
			dag.Gateway{Name: fmt.Sprintf("gw%d", i+1), Node: node.Public(), Member: member.Public()})
	}
	for i := range 11 {
		key := p.device
		if i == attestedLeaf {
			key = p.nodes[1]
		}
		payload, err := senml.Reading("press-1", "oil", "Cel", float64(i), 1_700_000_000_000).EncodeCBOR()
		if err != nil {
			t.Fatal(err)
		}
		p.add(t, key, payload)
	}
	return p
}

func (p *plant) add(t testing.TB, key dag.PrivateKey, payload []byte) {
	t.Helper()
	record, err := dag.SignRecord(p.genesis.ID(), key, dag.FormatSenMLCBOR, payload)
	if err != nil {
		t.Fatal(err)
	}
	leaf := merkle.RecordLeaf(record.Statement(), record.ID())
	stored, err := tlog.StoredHashes(int64(len(p.records)), leaf[:], p.reader())
	if err != nil {
		t.Fatal(err)
	}
	p.records, p.hashes = append(p.records, record), append(p.hashes, stored...)
}

func (p *plant) reader() tlog.HashReaderFunc {
	return func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			hashes[i] = p.hashes[index]
		}
		return hashes, nil
	}
}

// certify has the given members cosign the log.
func (p *plant) certify(t testing.TB, authors ...dag.Author) *checkpoint.Certified {
	t.Helper()
	root, err := tlog.TreeHash(int64(len(p.records)), p.reader())
	if err != nil {
		t.Fatal(err)
	}
	c := checkpoint.Checkpoint{
		Origin: checkpoint.Origin(p.genesis.Ledger()), Size: uint64(len(p.records)), Root: dag.Digest(root),
		Epoch: p.genesis.Epoch(), Commit: 3, CommitID: dag.CommitID{1}, LeaderRound: 8, Time: 1_700_000_001_000,
	}
	var cosignatures []*checkpoint.Cosignature
	for _, a := range authors {
		cosignatures = append(cosignatures, checkpoint.Sign(p.members[a], c, a, 1_700_000_002))
	}
	certified, err := checkpoint.Certify(cosignatures)
	if err != nil {
		t.Fatal(err)
	}
	return certified
}

func (p *plant) prove(t testing.TB, leaf dag.LeafIndex) *Proof {
	t.Helper()
	path, err := merkle.InclusionProof(p.reader(), uint64(len(p.records)), leaf)
	if err != nil {
		t.Fatal(err)
	}
	return Build(&p.genesis, p.records[leaf], leaf, path, p.certify(t, 0, 1, 3))
}

func random() io.Reader { return rand.NewChaCha8([32]byte{7}) }

func TestProof(t *testing.T) {
	p := newPlant(t)
	mesh := p.genesis.ID()
	for i := range p.records {
		want := p.prove(t, dag.LeafIndex(i))
		got, err := Decode(want.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("proof of leaf %d (-want +got):\n%s", i, diff)
		}
		report, err := Verify(got, mesh, random())
		if err != nil {
			t.Fatal(err)
		}
		device, gateway := p.device.Public().String(), ""
		if i == attestedLeaf {
			device, gateway = "press-1", "gw2"
		}
		if report.Device != device || report.AttestedBy != gateway {
			t.Errorf("leaf %d: from %q, attested by %q; want %q, %q", i, report.Device, report.AttestedBy, device, gateway)
		}
		if report.Record.ID() != p.records[i].ID() || report.Checkpoint.Size != 11 || report.Genesis.Mesh != "plant-7" {
			t.Errorf("leaf %d: wrong report %+v", i, report)
		}
	}
}

func TestReport(t *testing.T) {
	p := newPlant(t)
	report, err := Verify(p.prove(t, attestedLeaf), p.genesis.ID(), random())
	if err != nil {
		t.Fatal(err)
	}
	record := p.records[attestedLeaf]
	want := []Result{
		{CheckMesh, true, "plant-7, site linz, founded at 2023-11-14 22:13:20.000 UTC"},
		{CheckCommittee, true, "gw1, gw2, gw3, gw4; 3 of 4 make a quorum"},
		{CheckCheckpoint, true, "log of 11 leaves after commit 3, at 2023-11-14 22:13:21.000 UTC by the committee's clocks"},
		{CheckQuorum, true, "cosigned by gw1, gw2, gw4"},
		{CheckRecord, true, fmt.Sprintf("%s, %d bytes", record.ID(), len(record.Raw()))},
		{CheckInclusion, true, "leaf 6 of 11"},
		{CheckSigner, true, `attested by gateway gw2 for device "press-1", which did not sign`},
	}
	if diff := cmp.Diff(want, report.Results); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Every check can fail, and says so by its name.
func TestFailedChecks(t *testing.T) {
	p := newPlant(t)
	other := newPlant(t)
	other.genesis.Site = "graz"
	otherMembers := newPlant(t)
	otherMembers.members[0] = dag.NewPrivateKey([32]byte{200})
	good := func() *Proof { return p.prove(t, signedLeaf) }
	unsigned := append([]byte(nil), p.records[signedLeaf].Raw()...)
	unsigned[len(unsigned)-1] ^= 1

	forged := newPlant(t)
	forgedRecord, err := dag.DecodeRecord(p.genesis.ID(), unsigned)
	if err != nil {
		t.Fatal(err)
	}
	leaf := merkle.RecordLeaf(forgedRecord.Statement(), forgedRecord.ID())
	stored, err := tlog.StoredHashes(int64(len(forged.records)), leaf[:], forged.reader())
	if err != nil {
		t.Fatal(err)
	}
	forged.records, forged.hashes = append(forged.records, forgedRecord), append(forged.hashes, stored...)

	for _, c := range []struct {
		name string
		mesh dag.MeshID
		make func(*Proof) *Proof
		want Check
	}{
		{"other mesh id", other.genesis.ID(), nil, CheckMesh},
		{"no genesis", dag.MeshID{
			0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
			0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
		}, func(p *Proof) *Proof { p.Genesis = nil; return p }, CheckMesh},
		{"no note", p.genesis.ID(), func(p *Proof) *Proof { p.Note = nil; return p }, CheckCheckpoint},
		{"other ledger", p.genesis.ID(), func(g *Proof) *Proof {
			g.Note = other.certify(t, 0, 1, 2).Note(p.genesis.Domain().Members)
			return g
		}, CheckCheckpoint},
		{"two of four", p.genesis.ID(), func(g *Proof) *Proof {
			g.Note = p.certify(t, 0, 1).Note(p.genesis.Domain().Members)
			return g
		}, CheckQuorum},
		{"a signature by another key", p.genesis.ID(), func(g *Proof) *Proof {
			g.Note = otherMembers.certify(t, 0, 1, 2).Note(p.genesis.Domain().Members)
			return g
		}, CheckQuorum},
		{"no record", p.genesis.ID(), func(p *Proof) *Proof { p.Record = []byte("reading"); return p }, CheckRecord},
		{"another record", p.genesis.ID(), func(g *Proof) *Proof { g.Record = p.records[0].Raw(); return g }, CheckInclusion},
		{"its signature changed", p.genesis.ID(), func(g *Proof) *Proof { g.Record = unsigned; return g }, CheckInclusion},
		{"another index", p.genesis.ID(), func(p *Proof) *Proof { p.Index++; return p }, CheckInclusion},
		{"index beyond the log", p.genesis.ID(), func(p *Proof) *Proof { p.Index = 11; return p }, CheckInclusion},
		{"short path", p.genesis.ID(), func(p *Proof) *Proof { p.Path = p.Path[1:]; return p }, CheckInclusion},
		{"no path", p.genesis.ID(), func(p *Proof) *Proof { p.Path = nil; return p }, CheckInclusion},
		{"a committee that accepted a bad signature", p.genesis.ID(), func(*Proof) *Proof { return forged.prove(t, 11) }, CheckSigner},
	} {
		bad := good()
		if c.make != nil {
			bad = c.make(bad)
		}
		report, err := Verify(bad, c.mesh, random())
		failed, ok := errors.AsType[*CheckError](err)
		if !ok || failed.Check != c.want {
			t.Errorf("%s: got %v, want a failure of %s", c.name, err, c.want)
			continue
		}
		last := report.Results[len(report.Results)-1]
		if last.OK || last.Check != c.want || last.Detail != failed.Err.Error() {
			t.Errorf("%s: the report ends in %+v, the error is %v", c.name, last, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	p := newPlant(t)
	proof := p.prove(t, signedLeaf)
	file := string(proof.Encode())
	evidence := func(items ...[]byte) string {
		return base64.StdEncoding.EncodeToString(append(dagcbor.AppendArray(nil, len(items)), bytes.Join(items, nil)...))
	}
	own := base64.StdEncoding.EncodeToString(proof.evidence())
	one, two, none := dagcbor.AppendUint(nil, 1), dagcbor.AppendUint(nil, 2), dagcbor.AppendBytes(nil, nil)
	for _, c := range []struct {
		name, old, new string
		want           error
	}{
		{"other header", "@v1", "@v2", ErrFormat},
		{"no extra line", "extra", "other", ErrFormat},
		{"evidence not base64", own, "*", ErrFormat},
		{"evidence not CBOR", own, "AAAA", ErrFormat},
		{"newer evidence", own, evidence(two, none, none, none, none, none), ErrNewer},
		{"changed committee", own, evidence(one, none, none, append(dagcbor.AppendArray(nil, 1), none...)), ErrNewer},
		{"more evidence", own, evidence(one, none, none, dagcbor.AppendArray(nil, 0), none), ErrFormat},
		{"no index line", "index 5\n", "", ErrFormat},
		{"index with sign", "index 5", "index +5", ErrFormat},
		{"index with zero", "index 5", "index 05", ErrFormat},
		{"negative index", "index 5", "index -5", ErrFormat},
		{"hash of another size", "index 5\n", "index 5\nAAAA\n", ErrFormat},
		{"too many hashes", "index 5\n", "index 5\n" + strings.Repeat(strings.Repeat("A", 43)+"=\n", 50), ErrFormat},
		{"stray bits in a hash", "index 5\n", "index 5\n" + strings.Repeat("A", 42) + "B=\n", ErrFormat},
		{"carriage returns", "\n", "\r\n", ErrFormat},
		{"no checkpoint", "\n\n", "\n", nil},
		{"too long", "\n\n", "\n\n" + strings.Repeat(" ", MaxFileBytes()), ErrFormat},
	} {
		changed := strings.Replace(file, c.old, c.new, 1)
		got, err := Decode([]byte(changed))
		if c.want == nil { // the next empty line is the note's own: the hashes then are not
			c.want = ErrFormat
		}
		if changed == file || !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, %v, want %v", c.name, got, err, c.want)
		}
	}
}

// No byte of a file can be changed, left out or doubled.
func TestTampered(t *testing.T) {
	p := newPlant(t)
	mesh := p.genesis.ID()
	file := p.prove(t, attestedLeaf).Encode()
	holds := func(file []byte) bool {
		proof, err := Decode(file)
		if err != nil {
			return false
		}
		_, err = Verify(proof, mesh, random())
		return err == nil
	}
	if !holds(file) {
		t.Fatal("the proof itself does not hold")
	}
	for i := range file {
		for _, bit := range []byte{0x01, 0x04, 0x20} {
			changed := bytes.Clone(file)
			changed[i] ^= bit
			if holds(changed) {
				t.Errorf("byte %d (%q) changed by %#x is not noticed", i, file[i], bit)
			}
		}
		if i%7 == 0 && holds(append(bytes.Clone(file[:i]), file[i+1:]...)) {
			t.Errorf("byte %d (%q) left out is not noticed", i, file[i])
		}
		if i%7 == 0 && holds(append(bytes.Clone(file[:i+1]), file[i:]...)) {
			t.Errorf("byte %d (%q) doubled is not noticed", i, file[i])
		}
	}
}

// Standard tools take our files apart.
func TestFileIsStandard(t *testing.T) {
	p := newPlant(t)
	proof := p.prove(t, signedLeaf)
	var got tdproof.TLogProof
	if err := got.Unmarshal(proof.Encode()); err != nil {
		t.Fatal(err)
	}
	want := tdproof.TLogProof{Index: signedLeaf, Checkpoint: proof.Note, ExtraData: proof.evidence()}
	for _, h := range proof.Path {
		want.Hashes = append(want.Hashes, h)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !bytes.Equal(got.Marshal(), proof.Encode()) {
		t.Error("another library writes the proof in another way")
	}
	t.Logf("%d bytes", len(proof.Encode()))
}

func FuzzDecode(f *testing.F) {
	p := newPlant(f)
	f.Add(p.prove(f, signedLeaf).Encode())
	f.Add(p.prove(f, attestedLeaf).Encode())
	f.Fuzz(func(t *testing.T, file []byte) {
		proof, err := Decode(file)
		if err == nil && !bytes.Equal(proof.Encode(), file) {
			t.Errorf("%q is encoded as %q", file, proof.Encode())
		}
	})
}

// FuzzVerify changes the parts of a proof behind the mesh id, each by itself.
func FuzzVerify(f *testing.F) {
	p := newPlant(f)
	mesh, good := p.genesis.ID(), p.prove(f, attestedLeaf)
	f.Add(good.Record, uint64(good.Index), good.Path[0][:], good.Note)
	f.Fuzz(func(t *testing.T, record []byte, index uint64, hash, note []byte) {
		changed := *good
		changed.Record, changed.Index, changed.Note = record, dag.LeafIndex(index), note
		changed.Path = slices.Clone(good.Path)
		copy(changed.Path[0][:], hash)
		_, err := Verify(&changed, mesh, random())
		if same := cmp.Equal(good, &changed); same != (err == nil) {
			t.Errorf("unchanged: %v; verified: %v", same, err)
		}
	})
}
