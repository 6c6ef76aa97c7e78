// Package recording is the flight recorder's file: what a Replica was started
// with, every input of every Step, and digests of what came out. With it a
// gateway's day is replayed at a desk (sim/replay), where the first Step that
// comes out another way shows a changed rule or a bug.
//
//	w, err := recording.Begin(file, &recording.Start{…})
//	…
//	out, wake := r.Step(now, wall, in)
//	err = w.Append(&recording.Taken{Now: now, Wall: wall, Input: in, Outputs: out, Wake: wake, Signatures: made})
//	…
//	err = w.End("the gateway stopped")
//
// # No keys
//
// A recording holds no private key. Replicas sign by RFC 8032, which always makes
// the same signature of the same message; the file holds each signature with a
// digest of what was signed, in the order in which they were made. Whoever
// replays looks them up. To be asked for one that was not made is a divergence.
//
// Everything else that the gateway saw stands in the file: records in full. It
// is as secret as the ledger is.
//
// # Format, version 1
//
// The file is append-only. It begins with the line "floormesh recording 1\n";
// then come frames:
//
//	length  4 bytes, big endian, of the body
//	sum     4 bytes, CRC-32C of the body
//	check   4 bytes, CRC-32C of the 8 bytes before: a broken length is no torn end
//	body    strict DAG-CBOR (dag/dagcbor), a tuple that begins with its kind
//
// Bodies:
//
//	[1, last, bytes]          a piece of the start; last is 1 in the last one
//	[2, number, [step…]]      Steps in order, the first with this number
//	[3, steps, reason]        the recording ends here, whole, and why
//
// The joined pieces are the start:
//
//	[build, genesis, node key, member key, wall ms, [8 durations of replica.Timing in ns],
//	 seed of ChaCha8, restored]
//	restored: [state or null, [executed…], recent digests in one string, [block…],
//	 [batch meta…], [lane tip meta…], certified or null, cosigned, own lanes, retired, diverged]
//	executed: [commit, outcome or null, [[owner, lane, seq, item, fate, statement, record, leaf]…],
//	 has leaf, root, size]
//	meta: [owner, lane, seq, id, prev, bytes, records]
//
// A Step:
//
//	[now ns, wall ms, input, [[digest of message, signature]…], kinds, digest]
//	input: [1, [[ticket, class, record]…]]  submitted     [5, [batch…]]  loaded
//	       [2, from, message]               received      [6, seq]       persisted
//	       [3, peer]                        connected     [7]            tick
//	       [4, peer]                        disconnected
//
// Genesis, blocks, batches, commits, records and messages are byte strings in the
// form of dag/FORMAT.md and sync/PROTOCOL.md. kinds has one byte per output (see
// Kind). The digest is the first 8 bytes of a SHA-256 over the digest before it (32
// bytes, zero at first), the wake and every output in full: see Digester.
//
// A process that is killed leaves a file without its end, the last frame perhaps
// torn. What was buffered is lost, never what was written before. Frames hold what
// came together, and no more than limits.go says.
//
// # Design
//
// Outputs are digested and not kept: they can be had again, and would double the
// file. Digests chain, so that equal digests mean equal pasts. Sums are
// against accidents, not against forgers.
//
// Frames are not compressed. Most of a busy gateway's file is digests, keys and
// signatures, and its processor has better things to do; a file that is
// sent to a desk can be compressed on the way.
package recording
