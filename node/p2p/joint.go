package p2p

import (
	"bufio"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/node/verify"
	"github.com/floormesh/floormesh/sync/message"
)

// joint is messages that arrived together, to be verified together: a member's
// block, and the batch that it was made with.
type joint struct {
	messages   []message.Message
	signatures int
	bytes      int64
}

// add takes a message in, unless it has more signatures than should be checked
// where messages are read.
func (j *joint) add(m message.Message, bytes int64) bool {
	n := verify.Signatures(m)
	if n > maxJointSignatures {
		return false
	}
	j.messages = append(j.messages, m)
	j.signatures += n
	j.bytes += bytes
	return true
}

// full reports whether no more should join.
func (j *joint) full() bool { return j.signatures >= maxJointSignatures }

// handOverJoint verifies what was read together and gives it to the handler.
func (in *inlet) handOverJoint() {
	j := &in.joint
	if len(j.messages) > 0 {
		good, errs := dag.Verify(in.verifier, j.messages)
		for _, err := range errs {
			if err != nil {
				in.remote.turnAway(err)
			}
		}
		if len(good) > 0 {
			in.remote.pass(good)
		}
	}
	in.room.Release(j.bytes)
	*j = joint{}
}

// frameBuffered reports whether a whole frame can be read without waiting.
func frameBuffered(r *bufio.Reader) bool {
	n := 0
	for i := range min(r.Buffered(), 4) {
		head, err := r.Peek(i + 1)
		if err != nil {
			return false
		}
		if n |= int(head[i]&0x7f) << (7 * i); head[i] < 0x80 {
			return r.Buffered() >= i+1+n
		}
	}
	return false
}
