// Package proof makes and checks the file that shows one record to be final, to
// anybody who knows the mesh id, without a network.
//
// # File
//
// A proof is a text file as c2sp.org/tlog-proof has it (extension .tlog-proof), which
// standard tools can take apart:
//
//	c2sp.org/tlog-proof@v1
//	extra <base64 of the evidence>
//	index <the record's leaf in the log>
//	<inclusion path, one base64 hash a line, the leaf's sibling first>
//
//	<the certified checkpoint as a signed note, see package checkpoint>
//
// The evidence is the strict DAG-CBOR of
//
//	[1, genesis, record, [committee change…]]
//
// with the genesis document and the record as byte strings, exactly as their ids
// hash them. Committee changes lead from the genesis committee to that of the checkpoint's epoch;
// in epoch 0, the only one that this version knows, there are none.
//
// # What is checked
//
// In this order, each check standing on those before it:
//
//	mesh        the genesis document hashes to the mesh id
//	committee   who its members are in the checkpoint's epoch
//	checkpoint  it is one of this ledger's, in this epoch
//	quorum      q = n - (n-1)/3 members' cosignatures hold
//	record      it is well-formed for this mesh
//	inclusion   its leaf is in the checkpoint's log, at this index
//	signer      its signature holds; a device's own, or a gateway's for a device
//
// Nothing in a file is free to change: the genesis hashes to the mesh id, the record
// to its leaf, every cosignature must hold, and all has one spelling.
//
// What a proof does not show: that what the record says is true, that its signer is
// still trusted today, and the time beyond what the committee claims.
//
// # Design
//
// C2SP leaves the leaf's content to an opaque line, so that genesis and record can travel in a
// file that other tools still read. JSON would have been as readable, and read by nobody's
// tools.
package proof
