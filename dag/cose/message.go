package cose

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/fxamacker/cbor/v2"
	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// Header labels (RFC 9052 section 3.1).
const (
	LabelAlgorithm   int64 = 1
	LabelCritical    int64 = 2
	LabelContentType int64 = 3
	LabelKeyID       int64 = 4
)

// AlgorithmEdDSA is the algorithm Verify knows (RFC 9053 section 2.2).
const AlgorithmEdDSA int64 = -8

// sign1Tag marks a COSE_Sign1 message.
const sign1Tag = 18

// Errors to branch on with errors.Is.
var (
	// ErrMalformed: not a COSE_Sign1 message.
	ErrMalformed = errors.New("not a COSE_Sign1 message")
	// ErrLimit: over MaxMessageBytes.
	ErrLimit = errors.New("message too long")
	// ErrAlgorithm: signed with another algorithm, or with none named.
	ErrAlgorithm = errors.New("unsupported algorithm")
	// ErrCritical: a header that must be understood is not.
	ErrCritical = errors.New("unknown critical header")
	// ErrDetached: the payload is not in the message.
	ErrDetached = errors.New("detached payload")
	// ErrSignature: the signature does not verify, or the key is unacceptable.
	ErrSignature = errors.New("signature does not verify")
)

// Headers maps labels, int64 or string, to values as fxamacker/cbor decodes them.
type Headers map[any]any

// Message is a decoded COSE_Sign1 message. Nothing aliases what it was decoded from.
type Message struct {
	Tagged       bool   // whether tag 18 stood before it
	RawProtected []byte // the protected headers as signed; may be empty
	Protected    Headers
	Unprotected  Headers
	Payload      []byte // nil when detached
	Signature    []byte
}

// Decode parses a COSE_Sign1 message, tagged or not. Labels that occur twice, in
// one map or in both, are refused (RFC 9052 section 3). Errors: ErrMalformed, ErrLimit.
func Decode(raw []byte) (*Message, error) {
	if len(raw) > MaxMessageBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrLimit, len(raw), MaxMessageBytes)
	}
	mode, err := decMode()
	if err != nil {
		return nil, err
	}
	m, err := decode(mode, raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return m, nil
}

func decMode() (cbor.DecMode, error) {
	return cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		IntDec:           cbor.IntDecConvertSignedOrFail,
		MaxNestedLevels:  maxDepth,
		MaxArrayElements: maxItems,
		MaxMapPairs:      maxItems,
		DefaultMapType:   reflect.TypeFor[map[any]any](),
	}.DecMode()
}

func decode(mode cbor.DecMode, raw []byte) (*Message, error) {
	m := new(Message)
	content := cbor.RawMessage(raw)
	if len(raw) > 0 && raw[0]>>5 == 6 { // a tag
		var tag cbor.RawTag
		if err := mode.Unmarshal(raw, &tag); err != nil {
			return nil, err
		}
		if tag.Number != sign1Tag {
			return nil, fmt.Errorf("tag %d, want %d", tag.Number, sign1Tag)
		}
		m.Tagged, content = true, tag.Content
	}
	const majorArray = 4
	if len(content) == 0 || content[0]>>5 != majorArray {
		return nil, errors.New("not an array") // the library would look through further tags
	}
	var fields []cbor.RawMessage
	if err := mode.Unmarshal(content, &fields); err != nil {
		return nil, err
	}
	if len(fields) != 4 {
		return nil, fmt.Errorf("array of %d, want 4", len(fields))
	}
	return m, m.fill(mode, fields)
}

func (m *Message) fill(mode cbor.DecMode, fields []cbor.RawMessage) (err error) {
	if m.RawProtected, err = byteString(mode, fields[0]); err != nil {
		return fmt.Errorf("protected headers: %w", err)
	}
	if m.Protected, err = headers(mode, m.RawProtected); err != nil {
		return fmt.Errorf("protected headers: %w", err)
	}
	if m.Unprotected, err = headers(mode, fields[1]); err != nil {
		return fmt.Errorf("unprotected headers: %w", err)
	}
	for label := range m.Unprotected {
		if _, twice := m.Protected[label]; twice {
			return fmt.Errorf("label %v is in both headers", label)
		}
	}
	if !isNull(fields[2]) {
		if m.Payload, err = byteString(mode, fields[2]); err != nil {
			return fmt.Errorf("payload: %w", err)
		}
	}
	if m.Signature, err = byteString(mode, fields[3]); err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	return nil
}

func isNull(raw cbor.RawMessage) bool { return len(raw) == 1 && raw[0] == 0xf6 }

// byteString reads a byte string, never nil. The library would take null,
// text and arrays of small integers for one too.
func byteString(mode cbor.DecMode, raw cbor.RawMessage) ([]byte, error) {
	const majorBytes = 2
	if len(raw) == 0 || raw[0]>>5 != majorBytes {
		return nil, errors.New("not a byte string")
	}
	b := []byte{}
	return b, mode.Unmarshal(raw, &b)
}

// headers reads a header map; no bytes are a map without entries.
func headers(mode cbor.DecMode, raw []byte) (Headers, error) {
	const majorMap = 5
	h := Headers{}
	if len(raw) == 0 {
		return h, nil
	}
	if raw[0]>>5 != majorMap {
		return nil, errors.New("not a map")
	}
	if err := mode.Unmarshal(raw, &h); err != nil {
		return nil, err
	}
	for label := range h {
		switch label.(type) {
		case int64, string:
		default:
			return nil, fmt.Errorf("a %T is no label", label)
		}
	}
	return h, nil
}

// Algorithm returns the message's algorithm: int64, or string for names. A
// protected one is preferred; the RFC allows an unprotected one where the other
// cannot be. Errors: ErrAlgorithm if neither is there.
func (m *Message) Algorithm() (any, error) {
	for _, h := range []Headers{m.Protected, m.Unprotected} {
		if alg, ok := h[LabelAlgorithm]; ok {
			return alg, nil
		}
	}
	return nil, fmt.Errorf("%w: none named", ErrAlgorithm)
}

// KeyID returns the kid header, nil if there is none.
func (m *Message) KeyID() []byte {
	for _, h := range []Headers{m.Protected, m.Unprotected} {
		if kid, ok := h[LabelKeyID].([]byte); ok {
			return kid
		}
	}
	return nil
}

// ToBeSigned returns the bytes that the signature is over.
func (m *Message) ToBeSigned(externalAAD []byte) []byte {
	return AppendToBeSigned(nil, m.RawProtected, externalAAD, m.Payload)
}

// Verify checks an EdDSA signature under an Ed25519 key by the rule that all of
// Floormesh uses, ZIP-215, which refuses no signature RFC 8032 accepts. Keys of small order
// or in a non-canonical encoding are refused.
// Errors: ErrAlgorithm, ErrCritical, ErrDetached, ErrSignature.
func (m *Message) Verify(key [32]byte, externalAAD []byte) error {
	alg, err := m.Algorithm()
	if err != nil {
		return err
	}
	if alg != AlgorithmEdDSA {
		return fmt.Errorf("%w: %v", ErrAlgorithm, alg)
	}
	if err := m.checkCritical(); err != nil {
		return err
	}
	if m.Payload == nil {
		return ErrDetached
	}
	options := *ed25519.VerifyOptionsZIP_215
	options.AllowSmallOrderA, options.AllowNonCanonicalA = false, false
	if !ed25519.VerifyWithOptions(key[:], m.ToBeSigned(externalAAD), m.Signature, &ed25519.Options{Verify: &options}) {
		return ErrSignature
	}
	return nil
}

// checkCritical refuses critical headers beyond those this package reads
// (RFC 9052 section 3.1: a list, protected, of labels that are protected too).
func (m *Message) checkCritical() error {
	if _, ok := m.Unprotected[LabelCritical]; ok {
		return fmt.Errorf("%w: the list is not protected", ErrCritical)
	}
	crit, ok := m.Protected[LabelCritical]
	if !ok {
		return nil
	}
	labels, ok := crit.([]any)
	if !ok || len(labels) == 0 {
		return fmt.Errorf("%w: not a list of labels", ErrCritical)
	}
	known := []int64{LabelAlgorithm, LabelCritical, LabelContentType, LabelKeyID}
	for _, label := range labels {
		n, isInt := label.(int64)
		if !isInt || !slices.Contains(known, n) {
			return fmt.Errorf("%w: %v", ErrCritical, label)
		}
		if _, there := m.Protected[n]; !there {
			return fmt.Errorf("%w: %d is not there", ErrCritical, n)
		}
	}
	return nil
}
