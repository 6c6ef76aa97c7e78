// Package merkle keeps a ledger's log: the append-only Merkle tree of RFC 6962
// section 2.1 over the final order of records.
//
// # Leaves
//
// The log has one leaf per accepted record and one per commit that moved the
// cut or is a checkpoint. A leaf's data is one of
//
//	record:  statement digest (32 bytes) ‖ record id (32 bytes)   exactly 64 bytes
//	commit:  the encoding of its outcome                          more than 64 bytes
//
// The length alone tells them apart: an outcome holds a commit link (41 bytes)
// and a state digest (34 bytes), so that it can never be 64 bytes or shorter.
// A record's leaf holds both digests because two records with one statement are
// duplicates whatever their signatures, while the id is what people hold.
//
//	leaf hash  SHA-256(0x00 ‖ leaf data)
//	node hash  SHA-256(0x01 ‖ left ‖ right)
//	root of the empty log  SHA-256("")
//
// # Growing and reading
//
// A [Frontier] is all that a writer keeps in memory: the log's size and the
// roots of the perfect subtrees on its right edge. It tells its owner about every
// tile that became full, so that a store which has leaf data by position only adds
// one hash per 256 leaves. Readers see the log as tiles ([Tile], [TileSource],
// c2sp.org/tlog-tiles), from which [InclusionProof] and [ConsistencyProof] are computed.
//
// The package stores nothing and trusts its [TileSource]: a proof made from
// wrong tiles fails at whoever verifies it.
//
// # Design
//
// Proof arithmetic is golang.org/x/mod/sumdb/tlog. What is added here: sizes are
// bounded before they reach it (its loop for the largest power of two does not end
// for sizes beyond 2⁶²), a frontier that appends without allocating, and the
// tile paths of C2SP, which fix the height at 8 and name data tiles "entries".
package merkle
