package dag

import (
	"fmt"
	"io"

	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// Check is one signature to verify.
type Check struct {
	Key       PublicKey
	Message   []byte
	Signature Signature
}

// Signed is anything that carries signatures.
type Signed interface {
	// Checks appends every signature that must hold for the value to be valid.
	// Members of d are the committee's keys by author; an author out of range is
	// an error, as is a value of another mesh, ledger or epoch (ErrDomain).
	Checks(d *Domain, to []Check) ([]Check, error)
}

// Domain is what signatures are bound to.
type Domain struct {
	Mesh    MeshID
	Ledger  LedgerID
	Epoch   EpochID
	Members []PublicKey // committee of the epoch, by author
}

// Verified is a value whose signatures have been checked. Only a Verifier makes one.
type Verified[T Signed] struct{ value T }

// Value returns what was verified.
func (v Verified[T]) Value() T { return v.value }

// Verifier checks Ed25519 signatures in batches under ZIP-215, caching expanded
// keys (bounded). It is safe for one goroutine; make one per worker.
//
// # Design
//
// Two nodes that disagree on one signature fork the ledger, so there is one rule,
// ZIP-215: the equation times the cofactor, whether signatures are checked alone
// or together. The standard library's rule is another, and refuses signatures that
// every batch verifier accepts. Keys that PublicKey.Check refuses never verify
// anything, which ZIP-215 alone would allow.
//
// Measured per signature on one 2-core machine: 28 µs alone, 24 with the key
// expanded beforehand, 12 to 14 in batches of 32 to 256; below three a batch is
// slower than its members.
type Verifier struct {
	domain *Domain
	random io.Reader
	holds  func(*Check) bool // of a simulation, which has no more than this; else nil
	keys   keyCache
	proven provenCache            // see Remember
	batch  *ed25519.BatchVerifier // nil until there is one to check
	checks []Check                // reused between calls
	owners []owner                // of checks
}

// owner says whose check it is.
type owner struct{ item, check int }

// NewVerifier returns a verifier for d, which must not change. Batch checks
// weigh their equations with numbers from random: whoever can foretell them can
// make a batch of bad signatures pass, so a node passes crypto/rand's reader and
// only tests and simulations a seeded one. A reader that fails panics.
func NewVerifier(d *Domain, random io.Reader) *Verifier {
	return &Verifier{
		domain: d, random: random,
		keys: newKeyCache(maxCachedKeys),
	}
}

// Verify checks all items together. It returns the good items in order, and for
// each item an error or nil. A failed batch names its culprits: errors are
// *SignatureError, or what the item's Checks returned.
func Verify[T Signed](v *Verifier, items []T) (good []Verified[T], errs []error) {
	errs = make([]error, len(items))
	v.checks, v.owners = v.checks[:0], v.owners[:0]
	for i, item := range items {
		before := len(v.checks)
		checks, err := item.Checks(v.domain, v.checks)
		if err != nil {
			errs[i], v.checks = err, checks[:before]
			continue
		}
		v.checks = checks
		for c := range len(checks) - before {
			v.owners = append(v.owners, owner{i, c})
		}
	}
	v.run(func(o owner, key PublicKey, cause error) {
		if errs[o.item] == nil {
			errs[o.item] = &SignatureError{describeCheck(items[o.item], o.check), key, cause}
		}
	}, errs)
	for i, item := range items {
		if errs[i] == nil {
			good = append(good, Verified[T]{item})
		}
	}
	clear(v.checks) // they hold messages
	return good, errs
}

// describeCheck names check i of item.
func describeCheck(item any, i int) string {
	if d, ok := item.(interface{ describeCheck(i int) string }); ok {
		return d.describeCheck(i)
	}
	return fmt.Sprintf("check %d of %T", i, item)
}

// run checks everything gathered, a full equation at a time. Checks of items
// that have failed already are passed over: a peer that sends thousands of bad
// signatures in one item pays for one batch of them.
func (v *Verifier) run(fail func(o owner, key PublicKey, cause error), errs []error) {
	if v.holds != nil {
		v.runSimulated(fail, errs)
		return
	}
	var batch []int
	for i, c := range v.checks {
		if errs[v.owners[i].item] != nil || v.proven.has(&v.checks[i]) {
			continue
		}
		if v.keys.get(c.Key) == nil {
			fail(v.owners[i], c.Key, ErrKey)
			continue
		}
		if batch = append(batch, i); len(batch) == maxVerifyBatch {
			v.runBatch(batch, fail)
			batch = batch[:0]
		}
	}
	v.runBatch(batch, fail)
}

// runBatch checks the named checks, whose keys are good.
func (v *Verifier) runBatch(batch []int, fail func(owner, PublicKey, error)) {
	valid := v.verifyAll(batch)
	for n, i := range batch {
		if valid(n) {
			v.proven.add(&v.checks[i])
		} else {
			fail(v.owners[i], v.checks[i].Key, ErrSignature)
		}
	}
}

// verifyAll returns whether the nth named check holds.
func (v *Verifier) verifyAll(batch []int) func(n int) bool {
	options := zip215()
	if len(batch) < minVerifyBatch {
		return func(n int) bool {
			c := &v.checks[batch[n]]
			return ed25519.VerifyExpandedWithOptions(v.keys.get(c.Key), c.Message, c.Signature[:], options)
		}
	}
	if v.batch == nil { // 100 KiB, which a verifier of single signatures does without
		v.batch = ed25519.NewBatchVerifierWithCapacity(maxVerifyBatch)
	}
	v.batch.Reset()
	for _, i := range batch {
		c := &v.checks[i]
		v.batch.AddExpandedWithOptions(v.keys.get(c.Key), c.Message, c.Signature[:], options)
	}
	all, each := v.batch.Verify(v.random)
	return func(n int) bool { return all || each[n] }
}

// zip215 returns the options of the one rule. ZIP-215 by itself would accept
// keys of small order; callers refuse those first.
func zip215() *ed25519.Options {
	return &ed25519.Options{Verify: ed25519.VerifyOptionsZIP_215}
}
