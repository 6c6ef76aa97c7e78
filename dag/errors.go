package dag

import (
	"errors"
	"fmt"

	"github.com/floormesh/floormesh/dag/dagcbor"
)

// Errors to branch on with errors.Is. Whatever decodes with one of the first
// four can never be valid, whoever sends it.
var (
	// ErrEncoding: the bytes are not the one encoding the value may have.
	ErrEncoding = dagcbor.ErrEncoding
	// ErrLimit: a size, list or number is over (or, where named, under) its bound.
	ErrLimit = dagcbor.ErrLimit
	// ErrRule: well encoded, but against a rule of its kind, such as the order of parents.
	ErrRule = errors.New("against the rules")
	// ErrKey: a public key that is no canonical point or has small order.
	ErrKey = errors.New("unacceptable public key")
	// ErrSignature: a signature does not verify.
	ErrSignature = errors.New("signature does not verify")
	// ErrDomain: signed for another mesh, ledger or epoch, or by no member.
	ErrDomain = errors.New("belongs elsewhere")
)

// SignatureError says which signature failed. It unwraps to ErrSignature or ErrKey.
type SignatureError struct {
	What string    // what was signed, such as "record 3 of batch bafy…"
	Key  PublicKey // under which it failed
	Err  error
}

// Error implements error.
func (e *SignatureError) Error() string {
	return fmt.Sprintf("%s, key %s: %v", e.What, e.Key, e.Err)
}

// Unwrap returns the cause.
func (e *SignatureError) Unwrap() error { return e.Err }
