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
//	b arrival                      → batch
//	i start of batch id (16 bytes) → arrival
//	l lane, seq, batch id          → arrival, bytes, records, prev
//	f arrival                      → commit, first leaf, the records not accepted
//	r start of record id (8 bytes) → arrival and item, merged if there are several
//	d device tag, arrival / 16     → nothing
//	c lane                         → final seq
//	x commit index                 → root, size, outcome, commit, the records not accepted
//	e first leaf                   → commit, the 64 bytes of each record's leaf
//	h level, index                 → root of a full tile
//	p log size                     → certified checkpoint
//	k round, author, block id      → block
//	m name                         → schema, mesh, state, cosigned size, floor
//
// An arrival number counts the batches stored here, so the listing of all records
// and its cursors follow it.
//
// # Design
//
// Nearly every key grows: with the arrival, the commit, the leaf or the round. The tables
// they end up in hardly overlap, so that there is little to merge. Only the
// indexes of ids are in random order, and they are kept small: 8 bytes of a record's id lead to a
// few places at which the record itself is compared. 16 bytes of a batch's id lead to one place,
// without reading before writing; to make two batches share them takes 2⁶⁴ hashes, and then
// one of them is not found by id. A device's index has one entry for 16 batches, as
// a gateway's devices come round again within those anyway.
//
// A record's fate stands nowhere: it follows from its batch's and the few that were not
// accepted. A leaf's 64 bytes could be computed from the batches, but a restart
// reads the statements of the last 262,144 leaves, and that is 16 MiB this way and 50 MiB to
// parse the other.
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
//	40                  185                        5 µs
//	5                   250                        26 µs, mostly of the syncs
//	1                   520                        100 µs, likewise
//
// The bytes are those of the whole directory after Close. While it runs there is also a log of up to 8 MiB,
// not compressed, and where tables are being merged, their old form. Of the compressions, none takes
// 281 bytes, Snappy 187, MinLZ 183 and Zstandard 173, and no difference in CPU
// showed above the noise; MinLZ (Snappy where it is not to be had) is cheapest to read.
// Reusing old logs, Pebble's default, made no sync quicker and took 165 bytes more.
//
// Reads, of 200,000 records: a record by id 90 µs, a proof 0.5 ms, a page of 1,000 2 ms, of one device
// among 50 80 ms. Opening takes 50 ms, and memory grows by 20 MiB under load.
package disk
