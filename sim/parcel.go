package sim

import (
	"fmt"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// parcel is a message on its way, to one receiver or to many: they share it,
// so that its signatures are checked once. Values of dag are immutable, which
// makes sharing safe, and a receiver that broke this would be found by runs
// that encode.
type parcel struct {
	said     message.Message
	raw      []byte // sent instead of said, if not nil
	opened   bool
	verified dag.Verified[message.Message]
	err      error
	bytes    int             // as encoded, 0 until asked for
	checks   int             // signatures that a receiver checks, plus one; 0 until asked for
	number   uint64          // of the message, in a scenario
	at       replica.Instant // when it was first said
}

// open decodes and verifies, the first time it is called.
func (p *parcel) open(mesh dag.MeshID, v *dag.Verifier) (dag.Verified[message.Message], error) {
	if p.opened {
		return p.verified, p.err
	}
	p.opened = true
	if p.raw != nil {
		if p.said, p.err = message.Decode(mesh, p.raw); p.err != nil {
			p.err = fmt.Errorf("decode %d bytes: %w", len(p.raw), p.err)
			return p.verified, p.err
		}
	}
	good, errs := dag.Verify(v, []message.Message{p.said})
	if p.err = errs[0]; p.err == nil {
		p.verified = good[0]
	}
	return p.verified, p.err
}

// weight returns how long a message is as it travels, and how many signatures
// its receiver checks.
func (p *parcel) weight(d *dag.Domain) (bytes, signatures int) {
	return p.size(), p.signatures(d)
}

// size returns how long a message is as it travels.
func (p *parcel) size() int {
	if p.bytes == 0 {
		if p.bytes = len(p.raw); p.raw == nil {
			p.bytes = bytesOf(p.said)
		}
	}
	return p.bytes
}

// signatures returns how many signatures a receiver checks. Of what is fine they
// need only be counted.
func (p *parcel) signatures(d *dag.Domain) int {
	if p.checks > 0 || p.said == nil {
		return max(0, p.checks-1)
	}
	blocks, isBlocks := p.said.(*message.Blocks)
	batches, isBatches := p.said.(*message.Batches)
	p.checks = 1 // refused before any signature is looked at
	switch {
	case isBlocks && p.opened && p.err == nil:
		p.checks += len(blocks.Blocks)
	case isBatches && p.opened && p.err == nil:
		for _, b := range batches.Batches {
			p.checks += 1 + len(b.Items)
		}
	default:
		if checks, err := p.said.Checks(d, nil); err == nil {
			p.checks += len(checks)
		}
	}
	return p.checks - 1
}
