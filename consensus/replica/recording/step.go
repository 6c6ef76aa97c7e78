package recording

import (
	"crypto/sha256"
	"fmt"
	"math"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagcbor"
	"github.com/floormesh/floormesh/sync/message"
)

// Taken is a Step as it was taken.
type Taken struct {
	Now        replica.Instant
	Wall       dag.UnixMilli
	Input      replica.Input
	Outputs    []replica.Output
	Wake       replica.Instant
	Signatures []Signature // made on the way, in order
}

// Signature is one that was made, and of what.
type Signature struct {
	Message   MessageDigest
	Signature dag.Signature
}

// MessageDigest tells messages that were signed apart.
type MessageDigest [16]byte

// DigestOf returns the first half of a message's SHA-256.
func DigestOf(signed []byte) MessageDigest {
	sum := sha256.Sum256(signed)
	return MessageDigest(sum[:16])
}

// Step is a Step as it was read: what came out is known by its digest alone.
type Step struct {
	Number     uint64 // from 1
	Now        replica.Instant
	Wall       dag.UnixMilli
	Input      replica.Input
	Signatures []Signature
	Kinds      []Kind // of the outputs, in order
	Digest     Digest
}

// The inputs' numbers in the file.
const (
	inputSubmitted = iota + 1
	inputReceived
	inputConnected
	inputDisconnected
	inputLoaded
	inputPersisted
	inputTick
)

func (t *Taken) encode(to []byte, kinds []byte, digest Digest) []byte {
	to = dagcbor.AppendArray(to, 6)
	to = dagcbor.AppendInt(to, int64(t.Now))
	to = dagcbor.AppendInt(to, int64(t.Wall))
	to = appendInput(to, t.Input)
	to = dagcbor.AppendArray(to, len(t.Signatures))
	for i := range t.Signatures {
		to = dagcbor.AppendArray(to, 2)
		to = dagcbor.AppendBytes(to, t.Signatures[i].Message[:])
		to = dagcbor.AppendBytes(to, t.Signatures[i].Signature[:])
	}
	to = dagcbor.AppendBytes(to, kinds)
	return dagcbor.AppendBytes(to, digest[:])
}

func appendInput(to []byte, in replica.Input) []byte {
	head := func(kind uint64, fields int) []byte {
		return dagcbor.AppendUint(dagcbor.AppendArray(to, 1+fields), kind)
	}
	switch in := in.(type) {
	case replica.Submitted:
		to = dagcbor.AppendArray(head(inputSubmitted, 1), len(in.Records))
		for i := range in.Records {
			s := &in.Records[i]
			to = dagcbor.AppendArray(to, 3)
			to = dagcbor.AppendUint(to, uint64(s.Ticket))
			to = dagcbor.AppendUint(to, uint64(s.Class))
			to = dagcbor.AppendBytes(to, s.Record.Value().Raw())
		}
	case replica.Received:
		to = dagcbor.AppendBytes(head(inputReceived, 2), in.From[:])
		to = dagcbor.AppendBytes(to, message.Encode(nil, in.Message.Value()))
	case replica.Connected:
		to = dagcbor.AppendBytes(head(inputConnected, 1), in.Peer[:])
	case replica.Disconnected:
		to = dagcbor.AppendBytes(head(inputDisconnected, 1), in.Peer[:])
	case replica.Loaded:
		to = appendRaw(head(inputLoaded, 1), in.Batches)
	case replica.Persisted:
		to = dagcbor.AppendUint(head(inputPersisted, 1), in.Seq)
	case replica.Tick:
		to = head(inputTick, 0)
	}
	return to
}

// stepReader reads the Steps of one gateway.
type stepReader struct {
	*dagcbor.Reader

	mesh     dag.MeshID
	verifier *dag.Verifier
}

func (r *stepReader) step(number uint64) *Step {
	s := &Step{Number: number}
	r.Tuple(6)
	s.Now = replica.Instant(r.Int())
	s.Wall = dag.UnixMilli(r.Int())
	s.Input = r.input()
	n := r.Array(maxSignatures)
	for range n {
		var made Signature
		r.Tuple(2)
		r.Exactly(made.Message[:])
		r.Exactly(made.Signature[:])
		s.Signatures = append(s.Signatures, made)
	}
	for _, k := range r.Bytes(MaxFrameBytes) {
		s.Kinds = append(s.Kinds, Kind(k))
	}
	r.Exactly(s.Digest[:])
	return s
}

func (r *stepReader) input() replica.Input {
	items := r.Array(3)
	kind := r.Uint(inputTick)
	in, fields := r.fields(kind)
	if r.Err() == nil && items != 1+fields {
		r.Fail(fmt.Errorf("%w: input %d with %d items", dag.ErrEncoding, kind, items))
	}
	return in
}

func (r *stepReader) fields(kind uint64) (in replica.Input, count int) {
	var peer replica.PeerID
	switch kind {
	case inputSubmitted:
		return r.submitted(), 1
	case inputReceived:
		r.Exactly(peer[:])
		return r.received(peer), 2
	case inputConnected:
		r.Exactly(peer[:])
		return replica.Connected{Peer: peer}, 1
	case inputDisconnected:
		r.Exactly(peer[:])
		return replica.Disconnected{Peer: peer}, 1
	case inputLoaded:
		return replica.Loaded{Batches: list(r.Reader, dag.MaxBatchBytes, func(raw []byte) (*dag.Batch, error) {
			return dag.DecodeBatch(r.mesh, raw)
		})}, 1
	case inputPersisted:
		return replica.Persisted{Seq: r.Uint(math.MaxUint64)}, 1
	case inputTick:
		return replica.Tick{}, 0
	}
	r.Fail(fmt.Errorf("%w: input of kind %d", dag.ErrEncoding, kind))
	return nil, 0
}

func (r *stepReader) submitted() replica.Input {
	type ticketed struct {
		ticket replica.Ticket
		class  dag.LaneNumber
	}
	var (
		heads   []ticketed
		records []*dag.Record
	)
	n := r.Array(math.MaxInt32)
	for range n {
		r.Tuple(3)
		heads = append(heads, ticketed{replica.Ticket(r.Uint(math.MaxUint64)), dag.LaneNumber(r.Uint(math.MaxUint32))})
		records = append(records, one(r.Reader, dag.MaxRecordBytes, func(raw []byte) (*dag.Record, error) {
			return dag.DecodeRecord(r.mesh, raw)
		}))
		if r.Err() != nil {
			return nil
		}
	}
	good := verified(r, records)
	if r.Err() != nil {
		return nil
	}
	submissions := make([]replica.Submission, len(good))
	for i := range good {
		submissions[i] = replica.Submission{Ticket: heads[i].ticket, Record: good[i], Class: heads[i].class}
	}
	return replica.Submitted{Records: submissions}
}

func (r *stepReader) received(from replica.PeerID) replica.Input {
	m := one(r.Reader, message.MaxBytes, func(raw []byte) (message.Message, error) { return message.Decode(r.mesh, raw) })
	if r.Err() != nil {
		return nil
	}
	good := verified(r, []message.Message{m})
	if r.Err() != nil {
		return nil
	}
	return replica.Received{From: from, Message: good[0]}
}

// verified passes values through the reader's verifier.
func verified[T dag.Signed](r *stepReader, items []T) []dag.Verified[T] {
	good, errs := dag.Verify(r.verifier, items)
	for _, err := range errs {
		if err != nil {
			r.Fail(err)
			return nil
		}
	}
	return good
}
