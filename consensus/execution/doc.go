// Package execution applies commits to the log, in order.
//
// The order within a commit is fixed: lanes in key order, batches in seq order,
// records in batch order. Every record meets one fate: accepted into the log; a
// duplicate of signed bytes that the log has among its last H leaves; refused, because its
// signer is not entitled at that point; or frozen, because its lane was proven
// forked. After a commit's records comes the commit's own leaf, its outcome,
// unless it moved nothing and is no checkpoint.
//
// # Contract with the caller
//
// Execute is given every batch of the commit, verified. It is a pure function
// of the commits so far and their batches: every honest node gets the same
// fates, the same root and the same state digest, whenever and wherever it
// executes. An [Executor] is not safe for concurrent use.
//
// A restart goes on from an encoded state and repeats the commits after it
// from their recorded fates (Restore): no payload is read again. For that, the
// state is encoded after every commit that changed what records alone tell (Changed).
//
// # Design
//
// Entitlement is judged here and not on receipt, from the ledger's own state at
// that point, or two nodes could disagree on a batch's validity. The window of
// duplicates is counted in leaves, not in time, for the same reason.
package execution
