package dag

import (
	"fmt"

	"github.com/floormesh/floormesh/dag/dagcbor"
)

// formatVersion is the first item of every tuple.
const formatVersion = 1

func readVersion(r *dagcbor.Reader) {
	if v := r.Uint(1<<32 - 1); r.Err() == nil && v != formatVersion {
		r.Fail(fmt.Errorf("%w: version %d, known is %d", ErrEncoding, v, formatVersion))
	}
}

func readTime(r *dagcbor.Reader) UnixMilli { return UnixMilli(r.Uint(uint64(MaxUnixMilli))) }

// appendOptionalLink appends null for the zero digest.
func appendOptionalLink[D ~[32]byte](to []byte, d D) []byte {
	if d == (D{}) {
		return dagcbor.AppendNull(to)
	}
	return dagcbor.AppendLink(to, d)
}

// appendDigests appends a list of digests as byte strings, which are a sixth
// shorter than links; nothing needs to follow them without knowing their kind.
func appendDigests[D ~[32]byte](to []byte, digests []D) []byte {
	to = dagcbor.AppendArray(to, len(digests))
	for _, d := range digests {
		to = dagcbor.AppendBytes(to, d[:])
	}
	return to
}

func readDigests[D ~[32]byte](r *dagcbor.Reader, limit int) []D {
	digests := make([]D, r.Array(limit))
	for i := range digests {
		var d [32]byte
		r.Exactly(d[:])
		digests[i] = d
	}
	return digests
}
