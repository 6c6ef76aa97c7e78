package recording

import (
	"fmt"
	"math"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/dagcbor"
	"github.com/floormesh/floormesh/dag/store"
)

// Start is what a Replica was started with.
type Start struct {
	Build    string // of the program that recorded; see sim/replay for how it is compared
	Genesis  *dag.Genesis
	Node     dag.PublicKey // which gateway it is
	Member   dag.PublicKey
	Wall     dag.UnixMilli // when it began
	Timing   replica.Timing
	Seed     [32]byte // of the ChaCha8 behind replica.Config.Rand
	Restored *store.Restored
}

// Gateway returns the gateway's name in the genesis document, or its key.
func (s *Start) Gateway() string {
	for i := range s.Genesis.Gateways {
		if s.Genesis.Gateways[i].Node == s.Node {
			return s.Genesis.Gateways[i].Name
		}
	}
	return s.Node.String()
}

// durations returns what Timing consists of, in the file's order.
func durations(t *replica.Timing) []*time.Duration {
	return []*time.Duration{
		&t.RoundSpacing, &t.RoundSpacingCap, &t.TimeoutFloor, &t.TimeoutCap,
		&t.Resend, &t.BatchSpacing, &t.FetchTimeout, &t.Grace,
	}
}

func (s *Start) encode() []byte {
	to := dagcbor.AppendArray(nil, 8)
	to = dagcbor.AppendText(to, s.Build)
	to = dagcbor.AppendBytes(to, s.Genesis.Encode())
	to = dagcbor.AppendBytes(to, s.Node[:])
	to = dagcbor.AppendBytes(to, s.Member[:])
	to = dagcbor.AppendInt(to, int64(s.Wall))
	all := durations(&s.Timing)
	to = dagcbor.AppendArray(to, len(all))
	for _, d := range all {
		to = dagcbor.AppendInt(to, int64(*d))
	}
	to = dagcbor.AppendBytes(to, s.Seed[:])
	return appendRestored(to, s.Restored)
}

func decodeStart(raw []byte) (*Start, error) {
	r := dagcbor.NewReader(raw)
	s := new(Start)
	r.Tuple(8)
	s.Build = r.Text(maxTextBytes)
	s.Genesis = one(r, dag.MaxGenesisBytes, dag.DecodeGenesis)
	r.Exactly(s.Node[:])
	r.Exactly(s.Member[:])
	s.Wall = dag.UnixMilli(r.Int())
	all := durations(&s.Timing)
	r.Tuple(len(all))
	for _, d := range all {
		*d = time.Duration(r.Int())
	}
	r.Exactly(s.Seed[:])
	s.Restored = readRestored(r)
	if err := r.Done(); err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	return s, nil
}

func appendRestored(to []byte, from *store.Restored) []byte {
	to = dagcbor.AppendArray(to, 11)
	to = appendOptional(to, from.State)
	to = appendExecuted(to, from.Executed)
	recent := make([]byte, 0, 32*len(from.Recent))
	for i := range from.Recent {
		recent = append(recent, from.Recent[i][:]...)
	}
	to = dagcbor.AppendBytes(to, recent)
	to = appendRaw(to, from.Blocks)
	to = appendMetas(to, from.Batches)
	to = appendMetas(to, from.LaneTips)
	to = appendCertified(to, from.Certified)
	to = dagcbor.AppendUint(to, from.Cosigned)
	to = dagcbor.AppendUint(to, uint64(from.OwnLanes))
	to = dagcbor.AppendText(to, from.Retired)
	return dagcbor.AppendText(to, from.Diverged)
}

func readRestored(r *dagcbor.Reader) *store.Restored {
	from := new(store.Restored)
	r.Tuple(11)
	if !r.Null() {
		from.State = r.Bytes(maxStartBytes)
	}
	from.Executed = readExecuted(r)
	recent := r.Bytes(maxStartBytes)
	if len(recent)%32 != 0 {
		r.Fail(fmt.Errorf("%w: digests of %d bytes altogether", dag.ErrEncoding, len(recent)))
	}
	for ; len(recent) >= 32; recent = recent[32:] {
		from.Recent = append(from.Recent, dag.Digest(recent[:32]))
	}
	from.Blocks = list(r, dag.MaxBlockBytes, dag.DecodeBlock)
	from.Batches = readMetas(r)
	from.LaneTips = readMetas(r)
	if !r.Null() {
		from.Certified = one(r, checkpoint.MaxEncodedBytes, checkpoint.DecodeCertified)
	}
	from.Cosigned = r.Uint(math.MaxUint64)
	from.OwnLanes = dag.LaneNumber(r.Uint(math.MaxUint32))
	from.Retired = r.Text(maxTextBytes)
	from.Diverged = r.Text(maxTextBytes)
	return from
}

func appendExecuted(to []byte, all []*store.Executed) []byte {
	to = dagcbor.AppendArray(to, len(all))
	for _, e := range all {
		to = dagcbor.AppendArray(to, 6)
		to = dagcbor.AppendBytes(to, e.Commit.Raw())
		if e.Outcome == nil {
			to = dagcbor.AppendNull(to)
		} else {
			to = dagcbor.AppendBytes(to, e.Outcome.Encode())
		}
		to = dagcbor.AppendArray(to, len(e.Records))
		for i := range e.Records {
			to = appendExecutable(to, &e.Records[i])
		}
		to = appendFlag(to, e.HasLeaf)
		to = dagcbor.AppendBytes(to, e.Root[:])
		to = dagcbor.AppendUint(to, e.Size)
	}
	return to
}

func readExecuted(r *dagcbor.Reader) []*store.Executed {
	all := make([]*store.Executed, r.Array(math.MaxInt32))
	for i := range all {
		e := new(store.Executed)
		all[i] = e
		r.Tuple(6)
		e.Commit = one(r, dag.MaxCommitBytes, dag.DecodeCommit)
		if !r.Null() {
			e.Outcome = one(r, dag.MaxOutcomeBytes, dag.DecodeOutcome)
		}
		n := r.Array(math.MaxInt32)
		for range n {
			e.Records = append(e.Records, readExecutable(r))
			if r.Err() != nil {
				return nil
			}
		}
		e.HasLeaf = r.Uint(1) == 1
		r.Exactly(e.Root[:])
		e.Size = r.Uint(math.MaxUint64)
		if r.Err() != nil {
			return nil
		}
	}
	return all
}

func appendExecutable(to []byte, x *store.Executable) []byte {
	to = dagcbor.AppendArray(to, 8)
	to = appendLane(to, x.Lane)
	to = dagcbor.AppendUint(to, uint64(x.Seq))
	to = dagcbor.AppendUint(to, uint64(x.Item))
	to = dagcbor.AppendUint(to, uint64(x.Fate))
	to = dagcbor.AppendBytes(to, x.Statement[:])
	to = dagcbor.AppendBytes(to, x.Record[:])
	return dagcbor.AppendUint(to, uint64(x.Leaf))
}

func readExecutable(r *dagcbor.Reader) (x store.Executable) {
	r.Tuple(8)
	x.Lane = readLane(r)
	x.Seq = dag.Seq(r.Uint(dag.MaxCounter))
	x.Item = uint16(r.Uint(math.MaxUint16))
	x.Fate = store.Fate(r.Uint(uint64(store.Frozen)))
	r.Exactly(x.Statement[:])
	r.Exactly(x.Record[:])
	x.Leaf = dag.LeafIndex(r.Uint(math.MaxUint64))
	return x
}

func appendMetas(to []byte, metas []store.BatchMeta) []byte {
	to = dagcbor.AppendArray(to, len(metas))
	for i := range metas {
		m := &metas[i]
		to = dagcbor.AppendArray(to, 7)
		to = appendLane(to, m.Lane)
		to = dagcbor.AppendUint(to, uint64(m.Seq))
		to = dagcbor.AppendBytes(to, m.ID[:])
		to = dagcbor.AppendBytes(to, m.Prev[:])
		to = dagcbor.AppendUint(to, uint64(m.Bytes))
		to = dagcbor.AppendUint(to, uint64(m.Records))
	}
	return to
}

func readMetas(r *dagcbor.Reader) (metas []store.BatchMeta) {
	n := r.Array(math.MaxInt32)
	for range n {
		var m store.BatchMeta
		r.Tuple(7)
		m.Lane = readLane(r)
		m.Seq = dag.Seq(r.Uint(dag.MaxCounter))
		r.Exactly(m.ID[:])
		r.Exactly(m.Prev[:])
		m.Bytes = int(r.Uint(dag.MaxBatchBytes))
		m.Records = int(r.Uint(dag.MaxBatchRecords))
		if r.Err() != nil {
			return nil
		}
		metas = append(metas, m)
	}
	return metas
}
