package oracle

import (
	"encoding/binary"
	"encoding/hex"
	"testing"
)

// TestSipHash: the first vectors of the reference implementation's 128 bits,
// whose key and messages are the bytes 0, 1, 2, …
func TestSipHash(t *testing.T) {
	ascending := make([]byte, 64)
	for i := range ascending {
		ascending[i] = byte(i)
	}
	k0, k1 := binary.LittleEndian.Uint64(ascending), binary.LittleEndian.Uint64(ascending[8:])
	for length, want := range []string{
		"a3817f04ba25a8e66df67214c7550293",
		"da87c1d86b99af44347659119b22fc45",
		"8177228da4a45dc7fca38bdef60affe4",
	} {
		low, high := sipHash(k0, k1, nil, ascending[:length])
		if got := hex.EncodeToString(binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, low), high)); got != want {
			t.Errorf("of %d bytes: %s, want %s", length, got, want)
		}
	}
	for length := 32; length <= 64; length++ {
		low, high := sipHash(k0, k1, ascending[:32], ascending[32:length])
		wantLow, wantHigh := sipHash(k0, k1, nil, ascending[:length])
		if low != wantLow || high != wantHigh {
			t.Errorf("%d bytes in two parts differ from those in one", length)
		}
	}
}
