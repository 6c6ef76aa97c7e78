// Package checkpoint holds what the committee says of its log: checkpoints, one
// member's cosignature of one, and a certified checkpoint, which a quorum cosigned.
//
// # Text
//
// A [Checkpoint]'s text is that of c2sp.org/tlog-checkpoint with two extension lines:
//
//	floormesh/ledger/<ledger id, hex>
//	<size of the log>
//	<root hash, base64>
//	epoch <epoch id, hex>
//	commit <index> <commit id, CID> <round of its leader> <its time in ms>
//
// Numbers are decimal without leading zeroes. There is one text per checkpoint and
// one checkpoint per text: [ParseText] refuses what Text would not write.
//
// # Cosignatures
//
// A member cosigns by c2sp.org/tlog-cosignature, Ed25519: it signs
//
//	cosignature/v1
//	time <its clock, POSIX seconds>
//	<the checkpoint's text>
//
// with its member key of the epoch. That prefix separates the signature from all others
// made with the key. A certified checkpoint is shown to people and standard tools
// as a signed note (c2sp.org/signed-note): text, empty line, and a line per cosignature,
//
//	— floormesh/member/<first 8 bytes of the key, hex> base64(key id ‖ seconds ‖ signature)
//
// by ascending author. The key id is the first 4 bytes of SHA-256(name ‖ "\n" ‖ 04 ‖ key), the
// seconds are 8 bytes, big-endian. [ParseNote] reads exactly these notes: a line
// by anyone but a member of the epoch, or a line out of order, makes it refuse the note, so
// that a certified checkpoint has one note.
//
// # Wire and disk
//
// Both types also have an encoding in strict DAG-CBOR:
//
//	checkpoint   [origin, size, root, epoch, commit index, commit link, leader round, time ms]
//	cosignature  [1, checkpoint, author, seconds, signature]
//	certified    [1, checkpoint, [[author, seconds, signature]…]]
//
// # What holds when
//
// Parsing and decoding check form and bounds. Signatures, the epoch and the origin are
// checked by [dag.Verify], for which both types are a [dag.Signed]; a certified
// checkpoint that passes it has its quorum. Whether checkpoints are consistent with each
// other is not checked here: that takes a proof (package merkle).
//
// # Design
//
// golang.org/x/mod/sumdb/note could read the notes, but it checks each signature
// as it goes and by callback, where we check all in one batch by one rule (ZIP-215); and it
// ignores what it does not know, where a proof with a changed byte should fail.
// Tests read our notes with it all the same.
package checkpoint
