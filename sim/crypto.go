package sim

import (
	"encoding/binary"
	"fmt"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/oracle"
)

// cryptoOf returns what a plan's signatures are made with.
func cryptoOf(p *Plan) (oracle.Crypto, error) {
	switch p.Crypto {
	case CryptoOracle, "":
		return oracle.New(p.Seed), nil
	case CryptoReal:
		return oracle.Real{
			Random:   randomBytes{newStream(p.Seed, nobody, purposeVerify)},
			Remember: rememberedChecks,
		}, nil
	default:
		return nil, fmt.Errorf("no crypto is called %q; there are %q and %q", p.Crypto, CryptoOracle, CryptoReal)
	}
}

// rememberedChecks is how many signatures are not checked again when another
// node gets them: more than most runs have.
const rememberedChecks = 1 << 15

// newKey derives a key from a stream.
func newKey(crypto oracle.Crypto, s *engine.Stream) dag.PrivateKey {
	var seed [32]byte
	for i := 0; i < len(seed); i += 8 {
		binary.BigEndian.PutUint64(seed[i:], s.Uint64())
	}
	return crypto.Key(seed)
}

// randomBytes reads bytes from a stream.
type randomBytes struct{ from *engine.Stream }

// Read implements io.Reader; it never fails.
func (r randomBytes) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r.from.Uint64())
	}
	return len(p), nil
}
