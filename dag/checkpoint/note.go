package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/floormesh/floormesh/dag"
)

const (
	// algorithmCosignature is C2SP's signature type of Ed25519 cosignatures.
	algorithmCosignature = 0x04
	// signaturePrefix begins a note's signature lines: an em dash and a space.
	signaturePrefix = "— "
	// lineBytes is what a signature line holds: key id, seconds, signature.
	lineBytes = 4 + 8 + 64
)

// MemberName returns a member's key name in notes.
func MemberName(key dag.PublicKey) string { return "floormesh/member/" + hex.EncodeToString(key[:8]) }

// VerifierKey returns a member's key as a C2SP vkey, by which standard tools know
// a cosigner.
func VerifierKey(key dag.PublicKey) string {
	name, id := MemberName(key), keyID(key)
	typed := append([]byte{algorithmCosignature}, key[:]...)
	return name + "+" + hex.EncodeToString(id[:]) + "+" + base64.StdEncoding.EncodeToString(typed)
}

func keyID(key dag.PublicKey) [4]byte {
	typed := append([]byte(MemberName(key)+"\n"), algorithmCosignature)
	digest := sha256.Sum256(append(typed, key[:]...))
	return [4]byte(digest[:4])
}

// Note returns the certified checkpoint as a signed note. Members are the epoch's
// keys by author. It panics if an author is none of them: what came from outside has
// passed [dag.Verify] before.
func (c *Certified) Note(members []dag.PublicKey) []byte {
	var note bytes.Buffer
	note.WriteString(c.Text())
	note.WriteByte('\n')
	for i := range c.Endorsements {
		e := &c.Endorsements[i]
		note.WriteString(e.line(members[e.Author]))
	}
	return note.Bytes()
}

// line returns the note's signature line, newline included.
func (e *Endorsement) line(key dag.PublicKey) string {
	id := keyID(key)
	blob := binary.BigEndian.AppendUint64(append(make([]byte, 0, lineBytes), id[:]...), e.Seconds)
	blob = append(blob, e.Signature[:]...)
	return signaturePrefix + MemberName(key) + " " + base64.StdEncoding.EncodeToString(blob) + "\n"
}

// ParseNote parses what Note returns, and nothing else. Members are the epoch's
// keys by author. It checks form only: use [dag.Verify] for the quorum and the
// signatures. Its error is ErrText or dag.ErrRule.
func ParseNote(note []byte, members []dag.PublicKey) (*Certified, error) {
	if len(note) > MaxNoteBytes {
		return nil, fmt.Errorf("%w: note of %d bytes", ErrText, len(note))
	}
	text, lines, ok := strings.Cut(string(note), "\n\n")
	if !ok {
		return nil, fmt.Errorf("%w: no signatures", ErrText)
	}
	parsed, err := ParseText(text + "\n")
	if err != nil {
		return nil, err
	}
	c := &Certified{Checkpoint: parsed}
	for line := range strings.Lines(lines) {
		e, err := parseLine(line, members)
		if err != nil {
			return nil, fmt.Errorf("%w: signature %d: %w", ErrText, len(c.Endorsements)+1, err)
		}
		c.Endorsements = append(c.Endorsements, e)
		// As soon as a line is out of order, so that no more than one line a member is read.
		if err := c.checkOrder(); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// parseLine parses a signature line of one of the members.
func parseLine(line string, members []dag.PublicKey) (e Endorsement, err error) {
	name, text, _ := strings.Cut(strings.TrimPrefix(line, signaturePrefix), " ")
	blob, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(text, "\n"))
	if err != nil {
		return e, err
	}
	if len(blob) != lineBytes {
		return e, fmt.Errorf("%d bytes, want %d", len(blob), lineBytes)
	}
	if e.Seconds = binary.BigEndian.Uint64(blob[4:]); e.Seconds > MaxSeconds {
		return e, fmt.Errorf("time %d is over %d", e.Seconds, MaxSeconds)
	}
	e.Signature = dag.Signature(blob[12:])
	for author, key := range members {
		// The line made anew shows name and key id to be the member's, and its
		// spelling to be the one it has.
		if e.Author = dag.Author(author); MemberName(key) == name && e.line(key) == line {
			return e, nil
		}
	}
	return e, fmt.Errorf("no member's line: %.60q", line)
}
