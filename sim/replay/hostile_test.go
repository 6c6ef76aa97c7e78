package replay_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"testing"

	"github.com/floormesh/floormesh/sim/replay"
	"github.com/floormesh/floormesh/sim/replay/replaytest"
)

// TestAForgedRecordingEnds: whoever forges a recording has its checksums right. Whatever it then says, a replay
// comes to an end, with an error or a divergence that names a place, and takes the desk down with it never.
func TestAForgedRecordingEnds(t *testing.T) {
	m := replaytest.New(t, "")
	m.Run(60)
	tape := m.Finish()[0]
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	for range 300 {
		r, err := replay.Run(bytes.NewReader(forge(tape, rng)), replay.Options{})
		switch {
		case err != nil && err.Error() == "":
			t.Error("an error without words")
		case err == nil && r.Divergence == nil && !r.Whole:
			t.Errorf("neither whole nor wrong: %+v", r)
		case err == nil && r.Divergence != nil:
			_ = r.Divergence.String() // describes what may be nonsense
		}
	}
}

// forge changes some bytes of the frames behind a recording's first line, and sums them up again.
func forge(tape []byte, rng *rand.Rand) []byte {
	line := bytes.IndexByte(tape, '\n') + 1
	out := bytes.Clone(tape[:line])
	frames := split(tape[line:])
	hit := rng.IntN(len(frames))
	for i, body := range frames {
		if i == hit {
			body = bytes.Clone(body)
			for range 1 + rng.IntN(3) {
				body[rng.IntN(len(body))] = byte(rng.Uint32())
			}
		}
		out = append(out, frame(body)...)
	}
	return out
}

// split returns the bodies of frames.
func split(text []byte) (bodies [][]byte) {
	for len(text) > 0 {
		n := 12 + binary.BigEndian.Uint32(text)
		bodies = append(bodies, text[12:n])
		text = text[n:]
	}
	return bodies
}

// frame puts the head before a body.
func frame(body []byte) []byte {
	table := crc32.MakeTable(crc32.Castagnoli)
	head := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	head = binary.BigEndian.AppendUint32(head, crc32.Checksum(body, table))
	head = binary.BigEndian.AppendUint32(head, crc32.Checksum(head, table))
	return append(head, body...)
}
