package execution_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/execution"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/dag/store"
)

// ledger makes commits by hand: each finalises the batches it is given.
type ledger struct {
	tb      testing.TB
	genesis *dag.Genesis
	nodes   []dag.PrivateKey
	last    *dag.Commit
	tips    map[dag.LaneID]*dag.Batch
	payload map[dag.BatchID]*dag.Batch
}

func newLedger(tb testing.TB, change func(*dag.Genesis)) *ledger {
	g, nodes, _ := dagtest.Genesis(4)
	if change != nil {
		change(g)
	}
	return &ledger{
		tb: tb, genesis: g, nodes: nodes,
		tips: map[dag.LaneID]*dag.Batch{}, payload: map[dag.BatchID]*dag.Batch{},
	}
}

// batch makes the next batch of a node's lane.
func (l *ledger) batch(node int, lane dag.LaneNumber, records ...*dag.Record) *dag.Batch {
	id := dag.LaneID{Key: l.nodes[node].Public(), Number: lane}
	h := dag.BatchHeader{Ledger: l.genesis.Ledger(), Lane: id, Seq: 1, ClaimedAt: 1_700_000_000_000}
	if tip := l.tips[id]; tip != nil {
		h.Seq, h.Prev = tip.Seq+1, tip.ID()
	}
	b, err := dag.SignBatch(h, records, l.nodes[node])
	if err != nil {
		l.tb.Fatal(err)
	}
	l.tips[id] = b
	l.payload[b.ID()] = b
	return b
}

// commit makes the next commit, which finalises one batch for each lane named.
func (l *ledger) commit(batches ...*dag.Batch) *dag.Commit {
	c := &dag.Commit{
		Epoch: l.genesis.Epoch(), Index: 1, Leader: dag.BlockRef{Round: 1},
		Time: 1_700_000_000_000, Present: consensus.First(4).Bytes(4),
	}
	if l.last != nil {
		c.Index, c.Prev, c.Leader.Round, c.Time = l.last.Index+1, l.last.ID(), l.last.Leader.Round+1, l.last.Time+1
	}
	for _, b := range batches {
		c.Cut = append(c.Cut, dag.CutChange{Lane: b.Lane, Seq: b.Seq, Batches: []dag.BatchID{b.ID()}})
	}
	l.last = c.Seal()
	return l.last
}

func (l *ledger) record(device, i int) *dag.Record {
	return dagtest.Reading(l.genesis.ID(), dagtest.DeviceKey(device), i)
}

func (l *ledger) execute(e *execution.Executor, batches ...*dag.Batch) *store.Executed {
	l.tb.Helper()
	x, err := e.Execute(l.commit(batches...), func(id dag.BatchID) *dag.Batch { return l.payload[id] })
	if err != nil {
		l.tb.Fatal(err)
	}
	return x
}

func fates(x *store.Executed) []store.Fate {
	var out []store.Fate
	for _, r := range x.Records {
		out = append(out, r.Fate)
	}
	return out
}

func wantFates(t *testing.T, x *store.Executed, want ...store.Fate) {
	t.Helper()
	if d := cmp.Diff(want, fates(x)); d != "" {
		t.Errorf("fates (-want +got):\n%s", d)
	}
}

func TestADuplicateStatementEntersOnce(t *testing.T) {
	l := newLedger(t, nil)
	e := execution.New(consensus.Found(l.genesis), nil)
	r := l.record(0, 1)
	wantFates(t, l.execute(e, l.batch(0, 0, r, l.record(0, 2), r)), store.Accepted, store.Accepted, store.Duplicate)
	x := l.execute(e, l.batch(1, 0, r))
	wantFates(t, x, store.Duplicate)
	if got, want := x.Records[0].Leaf, dag.LeafIndex(0); got != want {
		t.Errorf("the duplicate points at leaf %d, want %d", got, want)
	}
}

func TestTheWindowOfDuplicatesIsCountedInLeaves(t *testing.T) {
	l := newLedger(t, func(g *dag.Genesis) { g.DuplicateLeaves = 4 })
	e := execution.New(consensus.Found(l.genesis), nil)
	r := l.record(0, 0)
	l.execute(e, l.batch(0, 0, r))                                // leaves 0, and 1 of the commit
	wantFates(t, l.execute(e, l.batch(0, 0, r)), store.Duplicate) // 2 of the commit
	wantFates(t, l.execute(e, l.batch(0, 0, l.record(0, 1))),     // 3, 4
		store.Accepted)
	wantFates(t, l.execute(e, l.batch(0, 0, r)), store.Accepted) // leaf 0 has left the window of 4
}

func TestOnlyEntitledSignersEnter(t *testing.T) {
	l := newLedger(t, func(g *dag.Genesis) { g.Devices = []dag.PublicKey{dagtest.DeviceKey(0).Public()} })
	e := execution.New(consensus.Found(l.genesis), nil)
	attested := dagtest.Reading(l.genesis.ID(), l.nodes[2], 9)
	wantFates(t, l.execute(e, l.batch(0, 0, l.record(0, 1), l.record(1, 1), attested)),
		store.Accepted, store.Refused, store.Accepted)
}

// forkRecord is the administrative record with which node proves that liar
// signed two batches with one seq.
func (l *ledger) forkRecord(node, liar int, number uint64) *dag.Record {
	id := dag.LaneID{Key: l.nodes[liar].Public(), Number: 0}
	tip := l.tips[id]
	one := l.batch(liar, 0, l.record(7, 1))
	l.tips[id] = tip
	two := l.batch(liar, 0, l.record(7, 2))
	l.tips[id] = tip
	evidence, err := dag.NewForkEvidence(one.Header(), two.Header())
	if err != nil {
		l.tb.Fatal(err)
	}
	admin := dag.Admin{Ledger: l.genesis.Ledger(), Number: number, Kind: dag.KindLaneFork, Body: evidence.Encode()}
	r, err := dag.SignRecord(l.genesis.ID(), l.nodes[node], dag.FormatAdmin, admin.Encode())
	if err != nil {
		l.tb.Fatal(err)
	}
	return r
}

func TestEvidenceFreezesALane(t *testing.T) {
	l := newLedger(t, nil)
	e := execution.New(consensus.Found(l.genesis), nil)
	wantFates(t, l.execute(e, l.batch(3, 0, l.record(0, 1))), store.Accepted)
	if e.Changed() {
		t.Error("an ordinary commit is said to change what fates do not tell")
	}
	before := l.execute(e).Outcome.StateDigest
	x := l.execute(e, l.batch(0, dag.LaneAdministration, l.forkRecord(0, 3, 1)))
	wantFates(t, x, store.Accepted)
	if !e.Changed() {
		t.Error("freezing a lane is not said to change the state")
	}
	if x.Outcome.StateDigest == before {
		t.Error("freezing a lane does not show in the state digest")
	}
	wantFates(t, l.execute(e, l.batch(3, 0, l.record(0, 2))), store.Frozen)
	wantFates(t, l.execute(e, l.batch(3, 1, l.record(0, 2))), store.Accepted)
}

func TestEvidenceThatDoesNotHoldIsRefused(t *testing.T) {
	l := newLedger(t, nil)
	e := execution.New(consensus.Found(l.genesis), nil)
	good := l.forkRecord(0, 3, 1)
	admin, err := dag.DecodeAdmin(good.Payload)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(a dag.Admin) *dag.Record {
		r, err := dag.SignRecord(l.genesis.ID(), l.nodes[0], dag.FormatAdmin, a.Encode())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	other, unknown, forged := *admin, *admin, *admin
	other.Ledger[0] ^= 1
	unknown.Kind = "coffee"
	forged.Body = append([]byte(nil), admin.Body...)
	forged.Body[len(forged.Body)-1] ^= 1 // of a signature
	wantFates(t, l.execute(e, l.batch(0, dag.LaneAdministration,
		l.forkRecord(0, 3, 2), sign(other), sign(unknown), sign(forged), good, l.forkRecord(0, 2, 1))),
		store.Refused, store.Refused, store.Refused, store.Refused, store.Accepted, store.Refused)
}

// TestRestoreRepeats restores an executor at every commit of a history, from
// every state written on the way, and has it go on: nobody can tell.
func TestRestoreRepeats(t *testing.T) {
	l := newLedger(t, func(g *dag.Genesis) { g.DuplicateLeaves = 8 })
	rng := rand.New(rand.NewPCG(3, 4))
	var (
		all    []*store.Executed
		states [][]byte
		recent [][]dag.Digest
		leaves []dag.Digest
	)
	e := execution.New(consensus.Found(l.genesis), nil)
	for i := range 12 {
		batch := l.batch(i%4, 0, l.record(0, rng.IntN(12)), l.record(1, rng.IntN(12)))
		x := l.execute(e, batch)
		all = append(all, x)
		for _, r := range x.Records {
			if r.Fate == store.Accepted {
				leaves = append(leaves, r.Statement)
			}
		}
		if x.HasLeaf {
			leaves = append(leaves, dag.Digest{})
		}
		states = append(states, e.Encode())
		recent = append(recent, append([]dag.Digest(nil), leaves[max(0, len(leaves)-8):]...))
	}
	for from := range all {
		for to := from; to < len(all); to++ {
			again, err := execution.Restore(consensus.Found(l.genesis), nil, &store.Restored{
				State: states[from], Recent: recent[from], Executed: all[from+1 : to+1],
			})
			if err != nil {
				t.Fatalf("state of commit %d, repeated to %d: %v", from+1, to+1, err)
			}
			for _, want := range all[to+1:] {
				got, err := again.Execute(want.Commit, func(id dag.BatchID) *dag.Batch { return l.payload[id] })
				if err != nil {
					t.Fatal(err)
				}
				if got.Root != want.Root || got.Outcome.StateDigest != want.Outcome.StateDigest {
					t.Fatalf("restored at %d and %d: commit %d comes out another way", from+1, to+1, want.Commit.Index)
				}
			}
		}
	}
}

func TestRestoreRefusesWhatDoesNotAddUp(t *testing.T) {
	l := newLedger(t, nil)
	e := execution.New(consensus.Found(l.genesis), nil)
	x := l.execute(e, l.batch(0, 0, l.record(0, 1)))
	broken := *x
	broken.Root[0] ^= 1
	for name, from := range map[string]*store.Restored{
		"a root":        {Executed: []*store.Executed{&broken}},
		"a gap":         {State: e.Encode(), Executed: []*store.Executed{x}},
		"a torn state":  {State: e.Encode()[:20]},
		"another state": {State: []byte{0x80}},
	} {
		if _, err := execution.Restore(consensus.Found(l.genesis), nil, from); err == nil {
			t.Errorf("%s: restored without an error", name)
		}
	}
}

func TestExecuteWantsEveryBatch(t *testing.T) {
	l := newLedger(t, nil)
	e := execution.New(consensus.Found(l.genesis), nil)
	c := l.commit(l.batch(0, 0, l.record(0, 1)))
	if _, err := e.Execute(c, func(dag.BatchID) *dag.Batch { return nil }); err == nil {
		t.Fatal("executed without payload")
	}
	if _, err := e.Execute(c, func(id dag.BatchID) *dag.Batch { return l.payload[id] }); err != nil {
		t.Errorf("the failed attempt changed something: %v", err)
	}
}

func BenchmarkExecute(b *testing.B) {
	l := newLedger(b, nil)
	e := execution.New(consensus.Found(l.genesis), nil)
	records := make([]*dag.Record, 100)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for i := range records {
			records[i] = l.record(0, n)
			n++
		}
		batch := l.batch(0, 0, records...)
		b.StartTimer()
		l.execute(e, batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/record")
}

// sign makes an administrative record of lane fork evidence by any key.
func (l *ledger) sign(by dag.PrivateKey, number uint64, e *dag.ForkEvidence) *dag.Record {
	l.tb.Helper()
	admin := dag.Admin{Ledger: l.genesis.Ledger(), Number: number, Kind: dag.KindLaneFork, Body: e.Encode()}
	r, err := dag.SignRecord(l.genesis.ID(), by, dag.FormatAdmin, admin.Encode())
	if err != nil {
		l.tb.Fatal(err)
	}
	return r
}

// evidence forks a lane of any key.
func (l *ledger) evidence(owner dag.PrivateKey, lane dag.LaneNumber) *dag.ForkEvidence {
	l.tb.Helper()
	var headers []dag.SignedHeader
	for i := range 2 {
		b, err := dag.SignBatch(dag.BatchHeader{
			Ledger: l.genesis.Ledger(), Lane: dag.LaneID{Key: owner.Public(), Number: lane}, Seq: 1, ClaimedAt: 1_700_000_000_000,
		}, []*dag.Record{l.record(5, i)}, owner)
		if err != nil {
			l.tb.Fatal(err)
		}
		headers = append(headers, b.Header())
	}
	e, err := dag.NewForkEvidence(headers[0], headers[1])
	if err != nil {
		l.tb.Fatal(err)
	}
	return e
}

// TestEvidenceAddsLittleToTheState hands in forks of made-up owners, under
// made-up names, and of more lanes than anybody needs.
func TestEvidenceAddsLittleToTheState(t *testing.T) {
	l := newLedger(t, nil)
	e := execution.New(consensus.Found(l.genesis), nil)
	stranger, admin := dagtest.DeviceKey(9), dag.LaneAdministration
	wantFates(t, l.execute(e, l.batch(0, admin,
		l.sign(l.nodes[0], 1, l.evidence(stranger, 0)), l.sign(stranger, 1, l.evidence(l.nodes[3], 0)))),
		store.Refused, store.Refused)
	if e.Changed() {
		t.Error("refused evidence changed the state")
	}
	number := uint64(0)
	fate := store.Accepted
	for ; fate == store.Accepted; number++ {
		fate = l.execute(e, l.batch(0, admin, l.sign(l.nodes[0], number+1, l.evidence(l.nodes[3], dag.LaneNumber(number))))).Records[0].Fate
	}
	if number != 65 {
		t.Errorf("evidence against one owner was refused at record %d, want 65", number)
	}
	lane := dag.LaneID{Key: l.nodes[3].Public(), Number: 7}
	if !e.Frozen(lane) || e.Freezable(lane) {
		t.Error("a lane that was proven forked is not frozen")
	}
	// Others may have been proving the same at the time.
	wantFates(t, l.execute(e, l.batch(1, admin, l.sign(l.nodes[1], 1, l.evidence(l.nodes[3], 7)))), store.Accepted)

	again, err := execution.Restore(consensus.Found(l.genesis), nil, &store.Restored{State: e.Encode()})
	if err != nil {
		t.Fatal(err)
	}
	if !again.Frozen(lane) || again.NextNumber(l.nodes[0].Public()) != 65 || again.NextNumber(l.nodes[1].Public()) != 2 {
		t.Error("frozen lanes and numbers did not survive a restart")
	}
	next := l.batch(2, admin, l.sign(l.nodes[2], 1, l.evidence(l.nodes[3], 100)), l.sign(l.nodes[2], 1, l.evidence(l.nodes[1], 100)))
	c := l.commit(next)
	for _, x := range []*execution.Executor{e, again} {
		got, err := x.Execute(c, func(id dag.BatchID) *dag.Batch { return l.payload[id] })
		if err != nil {
			t.Fatal(err)
		}
		wantFates(t, got, store.Refused, store.Accepted)
	}
	if got, want := again.Checkpoint(), e.Checkpoint(); got != want {
		t.Errorf("checkpoint after a restart: %+v, want %+v", got, want)
	}
}
