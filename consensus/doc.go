// Package consensus holds what every part of the agreement protocol shares:
// the committee of an epoch and sets of its members.
//
// The protocol itself lies below: quorum (thresholds), order (which blocks
// commit, and what they finalise), sethash (the digest of a set), execution
// (what the final order does) and replica (all of it as one state machine).
// SPEC.md beside this file is the specification with figures.
//
// This package decides nothing and keeps no state.
//
// # Design
//
// Authors are small integers and sets of them two machine words, because the
// decision rule counts distinct authors for every block it sees. A committee is
// a value that never changes; a change of members makes another epoch.
package consensus
