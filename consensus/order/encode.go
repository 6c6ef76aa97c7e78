package order

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagcbor"
)

// ErrState says that bytes are not the one encoding of a State.
var ErrState = errors.New("malformed consensus state")

const (
	stateVersion = 1
	stateDomain  = "floormesh/order-state/v1\x00"
)

// Encode returns the state's one encoding, without its rules: DAG-CBOR,
//
//	[1, index, last commit, leader round, time ms, passed over, seen,
//	 [checkpoint index, time ms, leader round],
//	 [[key, number, seq, digest, moved]…]]
//
// lanes in key order, member sets as in a commit's present, digests as byte strings.
func (s *State) Encode() []byte {
	to := s.appendHead(dagcbor.AppendArray(nil, 9))
	to = dagcbor.AppendArray(to, len(s.Lanes))
	for _, id := range s.Order() {
		l := s.Lanes[id]
		to = dagcbor.AppendArray(to, 5)
		to = dagcbor.AppendBytes(to, id.Key[:])
		to = dagcbor.AppendUint(to, uint64(id.Number))
		to = dagcbor.AppendUint(to, uint64(l.Seq))
		to = dagcbor.AppendBytes(to, l.Digest[:])
		to = dagcbor.AppendUint(to, uint64(l.Moved))
	}
	return to
}

// appendHead appends all but the lanes.
func (s *State) appendHead(to []byte) []byte {
	to = dagcbor.AppendUint(to, stateVersion)
	to = dagcbor.AppendUint(to, uint64(s.Index))
	to = dagcbor.AppendBytes(to, s.Last[:])
	to = dagcbor.AppendUint(to, uint64(s.LeaderRound))
	to = dagcbor.AppendUint(to, uint64(s.Time))
	to = dagcbor.AppendBytes(to, s.PassedOver.Bytes(s.Rules.Members))
	to = dagcbor.AppendBytes(to, s.Seen.Bytes(s.Rules.Members))
	to = dagcbor.AppendArray(to, 3)
	to = dagcbor.AppendUint(to, uint64(s.Checkpoint.Index))
	to = dagcbor.AppendUint(to, uint64(s.Checkpoint.Time))
	return dagcbor.AppendUint(to, uint64(s.Checkpoint.Round))
}

// Digest returns a digest of the whole state, at a cost of a few hashes for each lane
// moved since it was last asked:
//
//	SHA-256("floormesh/order-state/v1\x00" ‖ the encoding's items before the lanes ‖ set hash of the lanes)
//
// where a lane's element is key ‖ number (4 bytes) ‖ seq (8) ‖ digest ‖ moved (8), big-endian.
func (s *State) Digest() dag.Digest {
	lanes := s.hash.Sum()
	b := s.appendHead([]byte(stateDomain))
	return sha256.Sum256(append(b, lanes[:]...))
}

func element(id dag.LaneID, l Lane) []byte {
	b := append(make([]byte, 0, 96), id.Key[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(id.Number))
	b = binary.BigEndian.AppendUint64(b, uint64(l.Seq))
	b = append(b, l.Digest[:]...)
	return binary.BigEndian.AppendUint64(b, uint64(l.Moved))
}

// DecodeState parses what Encode made, under the rules of its epoch. Errors wrap ErrState.
func DecodeState(rules Rules, raw []byte) (*State, error) {
	if len(raw) > MaxStateBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrState, len(raw), MaxStateBytes)
	}
	s, r := NewState(rules), dagcbor.NewReader(raw)
	s.read(r)
	err := r.Done()
	if err == nil {
		err = s.checkHead()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	s.rotation = NewRotation(rules.Epoch, rules.Members, s.PassedOver)
	return s, nil
}

func (s *State) read(r *dagcbor.Reader) {
	r.Tuple(9)
	if v := r.Uint(dag.MaxCounter); r.Err() == nil && v != stateVersion {
		r.Fail(fmt.Errorf("version %d, known is %d", v, stateVersion))
	}
	s.Index = dag.CommitIndex(r.Uint(dag.MaxCounter))
	r.Exactly(s.Last[:])
	s.LeaderRound = dag.Round(r.Uint(dag.MaxCounter))
	s.Time = dag.UnixMilli(r.Uint(uint64(dag.MaxUnixMilli)))
	s.PassedOver = s.readSet(r)
	s.Seen = s.readSet(r)
	r.Tuple(3)
	s.Checkpoint.Index = dag.CommitIndex(r.Uint(uint64(s.Index)))
	s.Checkpoint.Time = dag.UnixMilli(r.Uint(uint64(s.Time)))
	s.Checkpoint.Round = dag.Round(r.Uint(uint64(s.LeaderRound)))
	s.readLanes(r)
}

func (s *State) readSet(r *dagcbor.Reader) consensus.Set {
	raw := r.Bytes(dag.MaxPresentBytes)
	if r.Err() != nil {
		return consensus.Set{}
	}
	set, err := consensus.ParseSet(raw, s.Rules.Members)
	if err != nil {
		r.Fail(err)
	}
	return set
}

func (s *State) readLanes(r *dagcbor.Reader) {
	var before dag.LaneID
	for i := range r.Array(MaxLanes) {
		var id dag.LaneID
		var l Lane
		r.Tuple(5)
		r.Exactly(id.Key[:])
		id.Number = dag.LaneNumber(r.Uint(1<<32 - 1))
		l.Seq = dag.Seq(r.Uint(dag.MaxCounter))
		r.Exactly(l.Digest[:])
		l.Moved = dag.CommitIndex(r.Uint(uint64(s.Index)))
		if r.Err() != nil {
			return
		}
		if _, taken := s.open[classOf(id)]; taken || i > 0 && id.Compare(before) <= 0 || l.Seq < 1 || l.Moved < 1 {
			r.Fail(fmt.Errorf("lane %s is out of place", id))
			return
		}
		s.put(id, l)
		before = id
	}
}

// checkHead holds what no fold of commits can break.
func (s *State) checkHead() error {
	if none := s.Index == 0; none != (s.LeaderRound == 0) || none != (s.Checkpoint.Index == 0) || none != (s.Last == dag.CommitID{}) {
		return fmt.Errorf("index %d with leader round %d and checkpoint %d", s.Index, s.LeaderRound, s.Checkpoint.Index)
	}
	if most := quorum.F(s.Rules.Members); s.PassedOver.Count() > most {
		return fmt.Errorf("%d members passed over, at most %d", s.PassedOver.Count(), most)
	}
	return nil
}
