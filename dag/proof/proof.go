package proof

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/dagcbor"
	"github.com/floormesh/floormesh/dag/merkle"
)

var (
	// ErrFormat means that bytes are not a proof's file.
	ErrFormat = errors.New("malformed proof")
	// ErrNewer means that a proof was made by a later version than this one.
	ErrNewer = errors.New("proof needs a newer version of floormesh")
)

// Proof is what a proof's file holds. Nothing in it is checked; see [Verify].
type Proof struct {
	Genesis []byte        // the genesis document
	Record  []byte        // the record
	Index   dag.LeafIndex // of the record in the log
	Path    []dag.Digest  // from the record's leaf to the checkpoint's root
	Note    []byte        // the certified checkpoint as a signed note
}

// Build puts a proof together: of the record whose leaf is at index, with its path
// in the log of the checkpoint. It does not check it; an invalid one fails at [Verify].
func Build(
	g *dag.Genesis, record *dag.Record, index dag.LeafIndex, path []dag.Digest, c *checkpoint.Certified,
) *Proof {
	return &Proof{
		Genesis: g.Encode(),
		Record:  record.Raw(),
		Index:   index,
		Path:    path,
		Note:    c.Note(g.Domain().Members),
	}
}

const (
	header         = "c2sp.org/tlog-proof@v1\n"
	evidencePrefix = "extra "
	indexPrefix    = "index "

	// evidenceVersion is the first item of the evidence.
	evidenceVersion = 1
	evidenceItems   = 4
)

// Encode returns the proof's file.
func (p *Proof) Encode() []byte {
	var file bytes.Buffer
	file.WriteString(header)
	file.WriteString(evidencePrefix + base64.StdEncoding.EncodeToString(p.evidence()) + "\n")
	file.WriteString(indexPrefix + strconv.FormatUint(uint64(p.Index), 10) + "\n")
	for i := range p.Path {
		file.WriteString(base64.StdEncoding.EncodeToString(p.Path[i][:]) + "\n")
	}
	file.WriteByte('\n')
	file.Write(p.Note)
	return file.Bytes()
}

func (p *Proof) evidence() []byte {
	to := dagcbor.AppendArray(make([]byte, 0, len(p.Genesis)+len(p.Record)+16), evidenceItems)
	to = dagcbor.AppendUint(to, evidenceVersion)
	to = dagcbor.AppendBytes(to, p.Genesis)
	to = dagcbor.AppendBytes(to, p.Record)
	return dagcbor.AppendArray(to, 0)
}

// Decode parses a proof's file, and nothing that Encode would not write. Its error is
// ErrFormat or ErrNewer.
func Decode(file []byte) (*Proof, error) {
	if len(file) > MaxFileBytes() {
		return nil, fmt.Errorf("%w: %d bytes", ErrFormat, len(file))
	}
	p, err := decode(string(file))
	if errors.Is(err, ErrNewer) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	// Encode is the one spelling: stray bits of a base64 or a sign before the
	// index do not survive this.
	if !bytes.Equal(p.Encode(), file) {
		return nil, fmt.Errorf("%w: not in its one spelling", ErrFormat)
	}
	return p, nil
}

func decode(file string) (*Proof, error) {
	rest, ok := strings.CutPrefix(file, header)
	if !ok {
		return nil, fmt.Errorf("does not begin with %q", strings.TrimSpace(header))
	}
	top, note, ok := strings.Cut(rest, "\n\n")
	if !ok {
		return nil, errors.New("no checkpoint")
	}
	lines := strings.Split(top, "\n")
	if len(lines) < 2 || len(lines) > 2+merkle.MaxProofHashes {
		return nil, fmt.Errorf("%d lines before the checkpoint", len(lines))
	}
	p := &Proof{Note: []byte(note)}
	if err := p.decodeEvidence(lines[0]); err != nil {
		return nil, err
	}
	return p, p.decodePosition(lines[1], lines[2:])
}

func (p *Proof) decodeEvidence(line string) error {
	text, ok := strings.CutPrefix(line, evidencePrefix)
	if !ok {
		return fmt.Errorf("no line %q", strings.TrimSpace(evidencePrefix))
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return fmt.Errorf("extra: %w", err)
	}
	r := dagcbor.NewReader(raw)
	items := r.Array(len(raw))
	if r.Uint(1<<64-1) != evidenceVersion {
		r.Fail(ErrNewer) // before its number of items is judged, which may be another then
	}
	if items != evidenceItems {
		r.Fail(fmt.Errorf("%d items, want %d", items, evidenceItems))
	}
	p.Genesis = r.Bytes(dag.MaxGenesisBytes)
	p.Record = r.Bytes(dag.MaxRecordBytes)
	if r.Array(len(raw)) != 0 {
		r.Fail(fmt.Errorf("%w: the committee changed since genesis", ErrNewer))
	}
	if err := r.Done(); err != nil {
		return fmt.Errorf("extra: %w", err)
	}
	return nil
}

func (p *Proof) decodePosition(index string, path []string) error {
	text, ok := strings.CutPrefix(index, indexPrefix)
	if !ok {
		return fmt.Errorf("no line %q", strings.TrimSpace(indexPrefix))
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	p.Index = dag.LeafIndex(n)
	for i, line := range path {
		hash, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(hash) != len(dag.Digest{}) {
			return fmt.Errorf("hash %d is not the base64 of 32 bytes", i)
		}
		p.Path = append(p.Path, dag.Digest(hash))
	}
	return nil
}
