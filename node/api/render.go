package api

import (
	"bytes"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
	"github.com/floormesh/floormesh/node"
)

// recordJSON is a record as scripts see it. The first six members are always there.
type recordJSON struct {
	ID         dag.RecordID      `json:"id"`
	Status     node.RecordStatus `json:"status"`
	Device     string            `json:"device"`
	AttestedBy *string           `json:"attested_by"` // null if the device signed itself
	Time       time.Time         `json:"time"`
	Content    senml.Pack        `json:"content"` // null if not SenML
	Format     dag.ContentFormat `json:"format"`  // CoAP Content-Format
	Gateway    string            `json:"gateway"`
	Leaf       *dag.LeafIndex    `json:"leaf"` // null before it is final
}

func newRecordJSON(v *node.RecordView) recordJSON {
	r := recordJSON{
		ID: v.ID, Status: v.Status, Device: v.Device, Time: v.Time.UTC(),
		Content: v.Content, Format: v.Format, Gateway: v.Gateway, Leaf: v.Leaf,
	}
	if v.AttestedBy != "" {
		r.AttestedBy = &v.AttestedBy
	}
	return r
}

// respond sends v as JSON on one line.
func respond(w http.ResponseWriter, v any) *problem {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // nosniff is set, and units like "m3/s<" are for people
	if err := e.Encode(v); err != nil {
		return newProblem(internal, fmt.Sprintf("the answer cannot be written as JSON: %v; report this", err))
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	_, _ = w.Write(b.Bytes()) // a client that is gone needs no answer
	return nil
}

// idEncoding writes record ids without allocating; String makes two strings.
type idEncoding struct{ base32 *base32.Encoding }

func newIDEncoding() idEncoding {
	return idEncoding{base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)}
}

// append appends the text form of id: "b" for base32, then version 1, codec raw,
// sha2-256 of 32 bytes.
func (e idEncoding) append(b []byte, id dag.RecordID) []byte {
	var cid [36]byte
	cid[0], cid[1], cid[2], cid[3] = 0x01, 0x55, 0x12, 0x20
	copy(cid[4:], id[:])
	return e.base32.AppendEncode(append(b, 'b'), cid[:])
}

// appendJSONString appends s as a JSON string (RFC 8259 section 7).
func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	plain := 0
	for plain < len(s) && isPlain(s[plain]) {
		plain++
	}
	b = append(b, s[:plain]...)
	for i := plain; i < len(s); {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20:
			const hex = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r) // U+FFFD for what is no UTF-8
			i += n
			continue
		}
		i++
	}
	return append(b, '"')
}

// isPlain reports whether a byte stands for itself in a JSON string.
func isPlain(c byte) bool { return c >= 0x20 && c < utf8.RuneSelf && c != '"' && c != '\\' }
