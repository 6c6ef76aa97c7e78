package dag_test

import (
	"encoding/hex"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
)

// example is one of FORMAT.md's: bytes, and what the text says of them.
type example struct {
	name string
	raw  []byte
	says []string // ids that must stand in the document
}

// formatExamples makes a mesh of one gateway, a reading in a batch, a block that
// acks it, the commit that finalises it, and what else the document shows.
func formatExamples(t testing.TB) []example {
	t.Helper()
	g, nodes, members := dagtest.Genesis(1)
	device := dagtest.DeviceKey(1)
	record, err := dag.SignRecord(g.ID(), device, dag.FormatSenMLCBOR, unhex(t, "81a2006474656d7002f94d00"))
	if err != nil {
		t.Fatal(err)
	}
	batch, err := dag.SignBatch(dag.BatchHeader{
		Ledger: g.Ledger(), Lane: dag.LaneID{Key: nodes[0].Public()}, Seq: 1, ClaimedAt: g.Created + 5,
	}, []*dag.Record{record}, nodes[0])
	if err != nil {
		t.Fatal(err)
	}
	first := dag.SignBlock(g.Ledger(), dag.BlockBody{Epoch: g.Epoch(), Round: 1, ClaimedAt: g.Created + 6}, members[0])
	block := dag.SignBlock(g.Ledger(), dag.BlockBody{
		Epoch: g.Epoch(), Round: 2, Parents: []dag.BlockRef{first.Ref()},
		Acks:      []dag.Ack{{Lane: batch.Lane, First: 1, Batches: []dag.BatchID{batch.ID()}}},
		ClaimedAt: g.Created + 8,
	}, members[0])
	commit := (&dag.Commit{
		Epoch: g.Epoch(), Index: 1, Leader: block.Ref(), Time: g.Created + 6, Present: []byte{1},
		Cut: []dag.CutChange{{Lane: batch.Lane, Seq: 1, Batches: []dag.BatchID{batch.ID()}}},
	}).Seal()
	outcome := &dag.Outcome{Commit: commit.ID(), Records: 1, StateDigest: dag.Digest{0xd1}}
	admin := &dag.Admin{Ledger: g.Ledger(), Number: 1, Kind: "example", Body: []byte{0xf6}}
	ledger, epoch, statement := g.Ledger(), g.Epoch(), record.Statement()
	return []example{
		{"genesis", g.Encode(), []string{g.ID().String(), ledger.String(), epoch.String()}},
		{"record", record.Raw(), []string{record.ID().String(), statement.String()}},
		{"batch", batch.Raw(), []string{batch.ID().String()}},
		{"block", block.Raw(), []string{block.ID().String()}},
		{"commit", commit.Raw(), []string{commit.ID().String()}},
		{"outcome", outcome.Encode(), nil},
		{"admin", admin.Encode(), nil},
	}
}

// TestFormatDocument holds FORMAT.md to the code: each example in it, its
// comments taken off, has the bytes that the code writes.
func TestFormatDocument(t *testing.T) {
	text, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := make(map[string]string)
	for _, m := range regexp.MustCompile("(?s)```cbor ([a-z]+)\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		blocks[m[1]] = m[2]
	}
	for _, e := range formatExamples(t) {
		var digits strings.Builder
		for line := range strings.Lines(blocks[e.name]) {
			line, _, _ = strings.Cut(line, "#")
			digits.WriteString(strings.Join(strings.Fields(line), ""))
		}
		if got, want := digits.String(), hex.EncodeToString(e.raw); got != want {
			t.Errorf("%s: the document has\n%s, the code writes\n%s", e.name, got, want)
		}
		for _, id := range e.says {
			if !strings.Contains(string(text), id) {
				t.Errorf("%s: the document does not have %s", e.name, id)
			}
		}
		delete(blocks, e.name)
	}
	for name := range blocks {
		t.Errorf("the document has an example %q that nobody checks", name)
	}
}
