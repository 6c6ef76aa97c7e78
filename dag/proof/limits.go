package proof

import (
	"encoding/base64"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/merkle"
)

const (
	// maxEvidenceBytes bounds the extra line's content: the largest genesis and record.
	maxEvidenceBytes = dag.MaxGenesisBytes + dag.MaxRecordBytes + 32

	// maxPathBytes bounds the lines of the inclusion path.
	maxPathBytes = merkle.MaxProofHashes * hashLineBytes

	// hashLineBytes is the length of a hash's base64 with its newline.
	hashLineBytes = 45

	// maxFixedBytes bounds a file's first line, the names of lines, and the index.
	maxFixedBytes = 128
)

// MaxFileBytes bounds a proof's file: some 470 KiB, nearly all of it for a genesis that
// names thousands of devices. A usual one has under 4 KiB.
func MaxFileBytes() int {
	return maxFixedBytes + base64.StdEncoding.EncodedLen(maxEvidenceBytes) + maxPathBytes + checkpoint.MaxNoteBytes
}
