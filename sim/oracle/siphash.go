package oracle

import (
	"encoding/binary"
	"math/bits"
)

// sipHash is SipHash-2-4 with an output of 128 bits of the key (k0, k1) over
// head ‖ tail (Aumasson, Bernstein: "SipHash: a fast short-input PRF",
// INDOCRYPT 2012, and its reference implementation). The length of head must be
// a multiple of 8.
func sipHash(k0, k1 uint64, head, tail []byte) (low, high uint64) {
	v0 := k0 ^ 0x736f6d6570736575
	v1 := k1 ^ 0x646f72616e646f6d ^ 0xee // for 128 bits
	v2 := k0 ^ 0x6c7967656e657261
	v3 := k1 ^ 0x7465646279746573
	whole := len(tail) &^ 7
	for _, part := range [2][]byte{head, tail[:whole]} {
		for ; len(part) >= 8; part = part[8:] {
			word := binary.LittleEndian.Uint64(part)
			v0, v1, v2, v3 = round(v0, v1, v2, v3^word)
			v0, v1, v2, v3 = round(v0, v1, v2, v3)
			v0 ^= word
		}
	}
	last := uint64(len(head)+len(tail)) << 56
	for i, b := range tail[whole:] {
		last |= uint64(b) << (8 * i)
	}
	v0, v1, v2, v3 = round(v0, v1, v2, v3^last)
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	v0 ^= last
	v0, v1, v2, v3 = fourRounds(v0, v1, v2^0xee, v3)
	low = v0 ^ v1 ^ v2 ^ v3
	v0, v1, v2, v3 = fourRounds(v0, v1^0xdd, v2, v3)
	return low, v0 ^ v1 ^ v2 ^ v3
}

func fourRounds(v0, v1, v2, v3 uint64) (_, _, _, _ uint64) {
	for range 4 {
		v0, v1, v2, v3 = round(v0, v1, v2, v3)
	}
	return v0, v1, v2, v3
}

func round(v0, v1, v2, v3 uint64) (_, _, _, _ uint64) {
	v0 += v1
	v1 = bits.RotateLeft64(v1, 13) ^ v0
	v0 = bits.RotateLeft64(v0, 32)
	v2 += v3
	v3 = bits.RotateLeft64(v3, 16) ^ v2
	v0 += v3
	v3 = bits.RotateLeft64(v3, 21) ^ v0
	v2 += v1
	v1 = bits.RotateLeft64(v1, 17) ^ v2
	return v0, v1, bits.RotateLeft64(v2, 32), v3
}
