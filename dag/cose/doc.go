// Package cose reads COSE_Sign1 messages (RFC 9052 section 4.2) as anybody may
// have written them and verifies those signed with EdDSA over edwards25519.
//
// It is the layer below Floormesh's records, which are COSE_Sign1 messages in
// one encoding only: package dag builds the signed bytes with AppendToBeSigned and
// parses records itself, strictly. Decode here is lenient as the RFC is: tagged or
// not, any headers in any order, text labels, indefinite lengths.
//
// It does not sign, and knows no other structure (COSE_Sign, Mac, Encrypt) and no
// other algorithm: a message signed otherwise decodes and can be looked at, and
// Verify says ErrAlgorithm.
package cose
