package recording

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag/dagcbor"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

// Kind is an output's number in the file.
type Kind byte

// Kinds of outputs.
const (
	KindPersist Kind = iota + 1
	KindSend
	KindBroadcast
	KindGossip
	KindServe
	KindLoad
	KindStored
	KindKnown
	KindTurned
	KindReplicated
	KindFinal
	KindCertified
	KindAlarm
	KindCurbed
	KindBlame
)

// String returns the output's name, such as persist.
func (k Kind) String() string {
	names := []string{
		"persist", "send", "broadcast", "gossip", "serve", "load", "stored", "known",
		"turned", "replicated", "final", "certified", "alarm", "curbed", "blame",
	}
	if k < KindPersist || int(k) > len(names) {
		return fmt.Sprintf("kind %d", byte(k))
	}
	return names[k-1]
}

// Digest tells what came out of a Step, and of all before it.
type Digest [8]byte

// String returns hex.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Digester digests what comes out of one Step after another. The zero value is
// ready for the first.
type Digester struct {
	last  [sha256.Size]byte
	buf   []byte
	kinds []byte
}

// Add digests what a Step returned. kinds is valid until the next call.
func (d *Digester) Add(out []replica.Output, wake replica.Instant) (digest Digest, kinds []byte) {
	d.buf, d.kinds = append(d.buf[:0], d.last[:]...), d.kinds[:0]
	d.buf = binary.BigEndian.AppendUint64(d.buf, uint64(wake))
	for _, o := range out {
		before := len(d.buf)
		d.buf = AppendOutput(d.buf, o)
		d.kinds = append(d.kinds, d.buf[before])
	}
	d.last = sha256.Sum256(d.buf)
	if cap(d.buf) > 4*frameBytes { // of one large Step
		d.buf = nil
	}
	return Digest(d.last[:8]), d.kinds
}

// AppendOutput appends an output in full, its kind first. Two outputs have the
// same bytes only if drivers cannot tell them apart.
func AppendOutput(to []byte, o replica.Output) []byte {
	to = dagcbor.AppendUint(to, uint64(KindOf(o)))
	switch o := o.(type) {
	case replica.Persist:
		to = dagcbor.AppendUint(to, o.Seq)
		return appendWrite(appendFlag(to, o.Signed), o.Write)
	case replica.Send:
		return appendMessage(dagcbor.AppendBytes(to, o.To[:]), o.Message)
	case replica.Broadcast:
		return appendMessage(to, o.Message)
	case replica.Gossip:
		return appendMessage(to, o.Message)
	case replica.Serve:
		return appendMessage(dagcbor.AppendBytes(to, o.To[:]), o.Request)
	case replica.Load:
		to = dagcbor.AppendArray(to, len(o.IDs))
		for i := range o.IDs {
			to = dagcbor.AppendBytes(to, o.IDs[i][:])
		}
		return to
	case replica.Stored:
		return dagcbor.AppendBytes(dagcbor.AppendUint(to, uint64(o.Ticket)), o.Record[:])
	case replica.Known:
		to = dagcbor.AppendBytes(dagcbor.AppendUint(to, uint64(o.Ticket)), o.First[:])
		return dagcbor.AppendUint(to, uint64(o.Leaf))
	case replica.Turned:
		return dagcbor.AppendText(dagcbor.AppendUint(to, uint64(o.Ticket)), o.Reason.Error())
	case replica.Replicated:
		return dagcbor.AppendUint(appendLane(to, o.Lane), uint64(o.Seq))
	case replica.Final:
		return appendRaw(appendExecuted(to, []*store.Executed{o.Executed}), o.Batches)
	case replica.Certified:
		return appendCertified(to, o.Checkpoint)
	case replica.Alarm:
		return dagcbor.AppendText(dagcbor.AppendText(to, string(o.Kind)), o.Detail)
	case replica.Curbed:
		return dagcbor.AppendBytes(to, o.Peer[:])
	case replica.Blame:
		return dagcbor.AppendText(dagcbor.AppendBytes(to, o.Peer[:]), o.Reason.Error())
	}
	panic(fmt.Sprintf("output of unknown type %T", o))
}

func appendMessage(to []byte, m message.Message) []byte { return message.Encode(to, m) }

func appendWrite(to []byte, w *store.Write) []byte {
	to = appendRaw(to, w.Batches)
	to = appendRaw(to, w.Blocks)
	to = appendExecuted(to, w.Executed)
	to = dagcbor.AppendArray(to, len(w.Certified))
	for _, c := range w.Certified {
		to = appendCertified(to, c)
	}
	to = appendOptional(to, w.State)
	to = dagcbor.AppendUint(to, w.Cosigned)
	to = dagcbor.AppendUint(to, uint64(w.Floor))
	to = dagcbor.AppendUint(to, uint64(w.OwnLanes))
	to = dagcbor.AppendText(to, w.Retired)
	return dagcbor.AppendText(to, w.Diverged)
}

// KindOf returns an output's kind.
func KindOf(o replica.Output) Kind {
	switch o.(type) {
	case replica.Persist:
		return KindPersist
	case replica.Send:
		return KindSend
	case replica.Broadcast:
		return KindBroadcast
	case replica.Gossip:
		return KindGossip
	case replica.Serve:
		return KindServe
	case replica.Load:
		return KindLoad
	case replica.Stored:
		return KindStored
	case replica.Known:
		return KindKnown
	case replica.Turned:
		return KindTurned
	case replica.Replicated:
		return KindReplicated
	case replica.Final:
		return KindFinal
	case replica.Certified:
		return KindCertified
	case replica.Alarm:
		return KindAlarm
	case replica.Curbed:
		return KindCurbed
	case replica.Blame:
		return KindBlame
	}
	panic(fmt.Sprintf("output of unknown type %T", o))
}
