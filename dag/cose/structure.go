package cose

import "github.com/floormesh/floormesh/dag/dagcbor"

// AppendToBeSigned appends the Sig_structure of a COSE_Sign1 message
// (RFC 9052 section 4.4), the bytes that are signed:
//
//	["Signature1", protected, external_aad, payload]
//
// protected is the encoded header map; an encoded empty map stands as the empty
// string, as the RFC asks.
func AppendToBeSigned(to, protected, externalAAD, payload []byte) []byte {
	if len(protected) == 1 && protected[0] == emptyMap {
		protected = nil
	}
	to = dagcbor.AppendArray(to, 4)
	to = dagcbor.AppendText(to, "Signature1")
	to = dagcbor.AppendBytes(to, protected)
	to = dagcbor.AppendBytes(to, externalAAD)
	return dagcbor.AppendBytes(to, payload)
}

// emptyMap is the encoding of the map without entries.
const emptyMap = 0xa0
