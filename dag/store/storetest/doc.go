// Package storetest checks that a store.Store keeps the contract of package
// store, and builds the ledgers to fill one with.
//
// [Run] is the conformance suite: one subtest per promise. [Ledger] builds batches,
// blocks, commits and checkpoints that hang together, all of it a function of the
// order of calls. [Dump] renders everything a store gives back, so that two stores that
// should be the same can be compared as text.
package storetest
