// Package disk keeps a node's ledger in a directory, in Pebble: everything that the
// state machine asks of a disk (store.Store), and what people ask of a ledger: records by id, by
// device and time, the log's leaves, tiles and proofs, checkpoints.
//
// # Contract
//
//   - One goroutine calls Apply and Sync; any number read. What Apply took is visible
//     to reads at once and durable after Sync.
//   - A Write is one batch of Pebble's: after a crash it is there whole or not at all, and
//     never without those before it.
//   - The first write that fails stops the store for good: that call and all later ones
//     return the same error (ErrFull for a full disk), Failed is closed, reads go on.
//     Nothing that was synced is lost. To write again, end the process, mend the cause and open the
//     directory anew; until the process ends it stays locked.
//   - Bytes that are not what was written are store.ErrCorrupt, with the file or the key. Nothing
//     is repaired. Open checks the end of the log against the root of the last commit, and Apply checks
//     the root of every commit it is given.
//
// A directory belongs to one mesh and one storage format, and to one process at a time.
//
// # Layout
//
// A key is a letter and what follows, numbers big-endian with 8 bytes; a value is raw
// bytes or a run of varints, digests and byte strings (values.go).
//
//	b arrival                      → flags, check, the batch's header and records
//	i start of batch id (8 bytes)  → arrival, merged if there are several
//	l lane, seq, batch id          → arrival, bytes, records, prev if not implied
//	f arrival / 16                 → merged: arrival, commit, first leaf, the records not accepted
//	r start of record id (8 bytes) → arrival and item, merged if there are several
//	d device tag, arrival / 16     → nothing
//	c lane                         → final seq
//	x commit index                 → check, root, size, state digest, the commit, the records not accepted
//	e first leaf                   → commit, the statement of each record's leaf
//	h level, index                 → root of a full tile
//	p log size                     → certified checkpoint
//	k round, author, block id      → block
//	m name                         → schema, mesh, state, cosigned size, floor, own lanes, retired, diverged
//
// An arrival number counts the batches stored here, so the listing of all records
// and its cursors follow it.
//
// # What is not stored
//
// Digests and signatures do not compress, and in small batches they are most of the bytes. What
// can be computed is left out, and put together again when it is read:
//
//   - A batch's digest of its records. Also its prev, if that is the leader of the seq before: the
//     batch that was stored first of all with that lane and seq. The index of lanes has
//     its id. Prevs are written out where a lane is forked or its batches came out of order.
//   - The ids of the batches that a commit made final, while each was the only one stored of
//     its seq. It is then its leader for ever, whatever comes later.
//   - A commit's id, and what of its outcome follows from the rest.
//   - The ids in the leaves of the log. The batches have them.
//
// Batch and commit begin with four bytes of their id as a check that what was put
// together is what was taken apart; leaves are compared with the stored statements.
//
// # Design
//
// Nearly every key grows: with the arrival, the commit, the leaf or the round. The tables
// they end up in hardly overlap, so that there is little to merge. Only the
// indexes of ids are in random order, and they are kept small: 8 bytes of an id lead to a
// few places at which the id itself is compared, without reading before writing. Whoever knows the
// lane and seq of a batch finds it by its whole id in the index of lanes. A device's index has one
// entry for 16 batches, as a gateway's devices come round again within those anyway.
//
// A record's fate stands nowhere: it follows from its batch's and the few that were not
// accepted. The statements of leaves could be computed from the batches too, but a restart
// reads those of the last 262,144, and that is 8 MiB this way and 50 MiB to parse the other.
//
// Writes go to Pebble's log unsynced and one empty synced entry follows, so that any number of
// Writes share a sync. Blocks are deleted by range, every 256 rounds: most of
// them die in the memtable and never reach a table.
//
// What Pebble does about a failed write is of no use here: see fence.
//
// Measured on 2 cores with records of 186 bytes from 50 devices, each round's four batches
// and blocks synced, and every third round a commit, synced too (BenchmarkApplySync):
//
//	records per batch   bytes on disk per record   CPU per record
//	40                  148                        4 µs
//	5                   176                        14 µs, mostly of the syncs
//	1                   318                        56 µs, likewise
//
// The bytes are those of the whole directory after Close. While it runs there is also a log of up to 8 MiB,
// not compressed, and where tables are being merged, their old form. Reusing old logs, Pebble's
// default, made no sync quicker and took 165 bytes more.
//
// A record alone in its batch has 208 bytes that nothing compresses: two signatures, the batch's
// id, the statement and the start of two ids in their indexes. A commit has 128: root, state
// digest, prev and leader. Zstandard instead of MinLZ (Snappy
// where that is not to be had) takes 5 % less and blocks of 64 KiB 3 % less, and both make
// a record slower to read: neither is worth it.
//
// Reads, of 200,000 records in batches of one: a record by id 0.1 ms, a proof 2 ms (with batches of 40,
// 0.7 ms: 256 leaves are computed from the batches), a page of 1,000 7 ms, of one device among 50 60 ms, 1
// MiB of commits 20 ms. Opening takes 0.2 s, Restore 10 ms, and memory grows by 20 MiB under load.
package disk
