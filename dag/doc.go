// Package dag holds what a Floormesh ledger is made of: records, batches,
// blocks, commits, the Merkle log over them, checkpoints and proofs. It is the
// bottom layer: it computes, and imports nothing that touches the world.
//
// # Words
//
//   - mesh: everything founded by one genesis document; its id is the genesis CID.
//   - device: an Ed25519 key that signs readings.
//   - node: a running peer of the mesh with its own key; a gateway is a node that serves devices.
//   - site: one plant. Every site has one ledger of its own.
//   - record: one signed statement, a COSE_Sign1 message. Its id is the CID (raw, sha2-256) of its bytes.
//   - batch: a run of records that one node accepted, signed by it; item seq of one of its lanes.
//   - lane: an append-only hash chain of batches, named (node key, lane number).
//   - ack: in a block, "I durably hold these batches of this lane".
//   - block: one committee member's vertex in one round of the DAG. Never carries payload.
//   - committee: the nodes whose blocks count in this epoch; n members, f = (n-1)/3, quorum q = n-f.
//   - leader: the member whose block of a round is up for commit.
//   - commit: a committed leader and the cut it finalises. Commits form a hash chain.
//   - cut: for each lane, how far it is final.
//   - log: the ledger's final order as an RFC 6962 Merkle tree.
//   - checkpoint: a C2SP checkpoint of the log; with q cosignatures it is certified.
//   - proof: certified checkpoint, inclusion path and committee history, verifiable offline.
//
// A record's life: stored (durable in one lane), replicated (acked by f+1
// members), final (committed and applied here), witnessed.
//
// FORMAT.md beside this file gives every encoding byte by byte.
package dag
