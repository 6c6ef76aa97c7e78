package node

import "errors"

// Errors that callers branch on.
var (
	// ErrNotFound says that there is no such thing here; it may exist elsewhere.
	ErrNotFound = errors.New("no such record here")
	// ErrNotCertified says that no certified checkpoint covers what was asked for yet. It soon will.
	ErrNotCertified = errors.New("not covered by a certified checkpoint yet")
	// ErrOverloaded says that too much waits here; come again later.
	ErrOverloaded = errors.New("too many records wait here")
	// ErrNotEntitled says that the record's signer may not write to this ledger.
	ErrNotEntitled = errors.New("signer is not entitled to write to this ledger")
	// ErrStopped says that this gateway accepts no records any more. It wraps the
	// disk's error, if that is why.
	ErrStopped = errors.New("this gateway does not accept records any more")
	// ErrQuery says that a Query cannot be answered as it stands.
	ErrQuery = errors.New("malformed query")
	// ErrLostStore says that this gateway has signed before, and what it signed
	// is gone. It must not start: it could sign something else in the same place.
	ErrLostStore = errors.New("this gateway's store is gone")
	// ErrExists says that Init would overwrite a mesh.
	ErrExists = errors.New("there is a mesh already")
	// ErrConfig says that a gateway's directory or configuration cannot be used as it stands.
	ErrConfig = errors.New("unusable configuration")
)
