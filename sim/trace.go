package sim

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/protocol"
	"github.com/floormesh/floormesh/sync/message"
)

// trace folds everything that happens into one number, and writes it down for
// people if asked to.
type trace struct {
	sum   uint64
	shape uint64    // of what does not depend on the bytes of signatures
	out   io.Writer // nil: nobody reads
}

// foldShape adds words to both numbers.
func (t *trace) foldShape(words ...uint64) {
	t.fold(words...)
	for _, w := range words {
		t.shape = engine.Mix(t.shape*golden + w)
	}
}

// fold adds words to the number.
func (t *trace) fold(words ...uint64) {
	for _, w := range words {
		t.sum = engine.Mix(t.sum*golden + w)
	}
}

// golden is 2⁶⁴ divided by the golden ratio, odd: it spreads small words.
const golden = 0x9e3779b97f4a7c15

// reading reports whether somebody reads along.
func (t *trace) reading() bool { return t.out != nil }

// linef writes a line for people; node < 0: the world's.
func (t *trace) linef(at replica.Instant, node int, format string, args ...any) {
	if t.out == nil {
		return
	}
	who := "world"
	if node >= 0 {
		who = fmt.Sprintf("n%d", node)
	}
	fmt.Fprintf(t.out, "%14s  %-5s  %s\n", time.Duration(at), who, fmt.Sprintf(format, args...))
}

// word returns the first eight bytes of an id as a number.
func word[T ~[32]byte](id T) uint64 { return binary.BigEndian.Uint64(id[:]) }

// short returns the first bytes of an id for people.
func short[T ~[32]byte](id T) string { return fmt.Sprintf("%x", id[:4]) }

// foldMessage adds what a message says, by ids.
func (t *trace) foldMessage(m message.Message) {
	switch m := m.(type) {
	case *message.Blocks:
		t.fold(1, uint64(len(m.Blocks)))
		for _, b := range m.Blocks {
			t.fold(word(b.ID()))
		}
	case *message.Batches:
		t.fold(2, uint64(len(m.Batches)))
		for _, b := range m.Batches {
			t.fold(word(b.ID()))
		}
	case *message.Cosign:
		t.fold(3)
	case *message.Tips:
		t.fold(4, uint64(len(m.Lanes)))
		for _, r := range m.Highest {
			t.fold(uint64(r))
		}
		for _, l := range m.Lanes {
			t.fold(uint64(l.Seq), word(l.Batch))
		}
	case *message.WantBlocks:
		t.fold(5, uint64(len(m.Refs)))
		for _, r := range m.Refs {
			t.fold(word(r.ID))
		}
	case *message.WantBatches:
		t.fold(6, uint64(len(m.Refs)))
		for _, r := range m.Refs {
			t.fold(word(r.ID))
		}
	case *message.WantLane:
		t.fold(7, word(m.Lane.Key), uint64(m.Lane.Number), uint64(m.From))
	case *message.WantCommits:
		t.fold(8, uint64(m.After))
	case *message.Commits:
		t.fold(9, uint64(len(m.Commits)))
		for _, c := range m.Commits {
			t.fold(word(c.ID()))
		}
	case protocol.Message:
		t.fold(11, m.Digest())
	default:
		t.fold(10)
	}
}
