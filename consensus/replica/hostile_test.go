package replica_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

func (m *mesh) sizes(i int) replica.Sizes { return replica.SizesOf(m.nodes[i].Replica) }

// alarmed reports whether a node raised an alarm of a kind.
func (h *host) alarmed(kind replica.AlarmKind) bool {
	return slices.ContainsFunc(h.alarms, func(a replica.Alarm) bool { return a.Kind == kind })
}

// wantDecodable has every message that is sent encoded and decoded: a list that
// outgrew its bound would be refused by every honest peer.
func (m *mesh) wantDecodable() {
	m.drop = func(from, _ int, msg message.Message) bool {
		if _, err := message.Decode(m.genesis.ID(), message.Encode(nil, msg)); err != nil {
			m.tb.Fatalf("gw%d sends what nobody can read: %v", from+1, err)
		}
		return false
	}
}

// TestManyLanesCostTheirOwnerOnly has a liar begin a thousand lanes, and claim a
// thousand of somebody else's.
func TestManyLanesCostTheirOwnerOnly(t *testing.T) {
	m := newMesh(t, 4)
	m.kill(3)
	m.wantDecodable()
	for k := range 1000 {
		b := m.forgeIn(3, dag.LaneNumber(k), 1, dag.BatchID{}, k)
		for i := range 3 {
			m.deliver(3, i, batchesOf(b))
		}
		lane := dag.LaneID{Key: m.nodes[1].key, Number: dag.LaneNumber(k)}
		m.deliver(3, 0, &message.Tips{
			Highest: make([]dag.Round, 4),
			Lanes:   []message.LaneTip{{Lane: lane, Seq: 7, Batch: dag.BatchID{1}}},
		})
	}
	if got, want := m.sizes(0).Lanes, dag.LaneClasses; got > want {
		t.Errorf("%d lanes are kept, want at most the %d classes of the one owner that signed any", got, want)
	}
	m.submit(0, 0)
	m.run(time.Minute)
	if got := m.sizes(0); got.Held != 0 || got.Listed != 0 || got.Wanted != 0 || got.Payload != 0 {
		t.Errorf("left at rest: %+v", got)
	}
	if got := m.nodes[1].finals(); len(got) < 2 {
		t.Errorf("%d records are final, want the honest one and some of the liar's", len(got))
	}
	m.wantQuiet()
}

// TestAClosedLaneKeepsNobodyAwake has a node list batches of a lane that its
// owner then closes, also across a restart.
func TestAClosedLaneKeepsNobodyAwake(t *testing.T) {
	m := newMesh(t, 4)
	m.kill(3)
	old, next := m.forge(3, 1, dag.BatchID{}, 1), m.forgeIn(3, dag.LaneClasses, 1, dag.BatchID{}, 2)
	m.deliver(3, 0, batchesOf(old))
	for i := range 3 {
		m.deliver(3, i, batchesOf(next))
	}
	m.run(5 * time.Second)
	m.wantFinal([]dag.RecordID{next.Items[0].ID()})
	m.kill(0)
	m.start(0)
	m.connect(0)
	m.run(5 * time.Second)
	m.wantQuiet()
	if got := m.sizes(0); got.Listed != 0 || got.Held != 0 {
		t.Errorf("after a restart: %+v", got)
	}
}

// TestADecidedBranchComesBack finalises a branch that one member dropped when it
// saw the lane's fork: it must find it in its own store.
func TestADecidedBranchComesBack(t *testing.T) {
	m := newMesh(t, 4)
	m.kill(3)
	one, two := m.forge(3, 1, dag.BatchID{}, 1), m.forge(3, 1, dag.BatchID{}, 2)
	asked := 0
	m.drop = func(from, _ int, msg message.Message) bool {
		if _, ok := msg.(*message.WantBatches); ok && from == 0 {
			asked++
		}
		batches, ok := msg.(*message.Batches)
		return ok && from == 0 && slices.ContainsFunc(batches.Batches, func(b *dag.Batch) bool { return b.ID() == two.ID() })
	}
	m.deliver(3, 0, batchesOf(one))
	m.deliver(3, 0, batchesOf(two))
	m.deliver(3, 1, batchesOf(one))
	m.deliver(3, 2, batchesOf(one))
	m.run(5 * time.Second)
	for i, h := range m.nodes[:3] {
		if !h.executed(one.Items[0].ID()) {
			t.Errorf("gw%d has not executed the branch", i+1)
		}
	}
	if asked > 0 {
		t.Errorf("asked peers %d times for what it has", asked)
	}
	m.wantQuiet()
}

// executed reports whether a record met its fate here.
func (h *host) executed(id dag.RecordID) bool {
	return slices.ContainsFunc(h.final, func(x *store.Executed) bool {
		return slices.ContainsFunc(x.Records, func(r store.Executable) bool { return r.Record == id })
	})
}

// TestABatchThatTheDiskLostIsFetched restarts a node whose store then does not
// give a batch back that it said it had.
func TestABatchThatTheDiskLostIsFetched(t *testing.T) {
	m := newMesh(t, 4)
	for i := range 3 {
		m.kill(i + 1)
	}
	id := m.submit(0, 0)
	m.run(time.Second)
	m.kill(0)
	m.start(0)
	m.lost = func(at int, _ dag.BatchID) bool { return at == 0 }
	m.start(1)
	m.start(2)
	m.connect(0)
	m.connect(1)
	m.run(5 * time.Second)
	m.wantFinal([]dag.RecordID{id})
	m.wantQuiet()
}

// TestEveryForkIsProven forks two lanes at once while there is no quorum, and
// restarts the only witness before there is one.
func TestEveryForkIsProven(t *testing.T) {
	m := newMesh(t, 4)
	m.kill(1)
	m.kill(2)
	m.kill(3)
	for class := range dag.LaneNumber(2) {
		m.deliver(3, 0, batchesOf(m.forgeIn(3, class, 1, dag.BatchID{}, 1)))
		m.deliver(3, 0, batchesOf(m.forgeIn(3, class, 1, dag.BatchID{}, 2)))
	}
	m.run(time.Second)
	m.kill(0)
	for i := range 3 {
		m.start(i)
	}
	for i := range 3 {
		m.connect(i)
	}
	m.run(5 * time.Second)
	proven := map[dag.RecordID]bool{}
	for _, x := range m.nodes[1].final {
		for _, r := range x.Records {
			if r.Lane.Number.Class() != dag.LaneAdministration {
				continue
			}
			if r.Fate != store.Accepted {
				t.Errorf("evidence of commit %d: fate %v", x.Commit.Index, r.Fate)
			}
			proven[r.Record] = true
		}
	}
	if len(proven) < 2 {
		t.Errorf("%d records prove forks, want 2", len(proven))
	}
	m.wantQuiet()
}

// TestAFrozenLaneIsLeft has somebody fork an honest node's lane with its key:
// what the node stores from then on must still become final.
func TestAFrozenLaneIsLeft(t *testing.T) {
	m := newMesh(t, 4)
	first := m.submit(0, 0)
	m.run(time.Second)
	one, two := m.forge(0, 2, dag.BatchID{1}, 1), m.forge(0, 2, dag.BatchID{1}, 2)
	e, err := dag.NewForkEvidence(one.Header(), two.Header())
	if err != nil {
		t.Fatal(err)
	}
	admin := dag.Admin{Ledger: m.genesis.Ledger(), Number: 1, Kind: dag.KindLaneFork, Body: e.Encode()}
	record, err := dag.SignRecord(m.genesis.ID(), m.nodes[1].config.NodeKey, dag.FormatAdmin, admin.Encode())
	if err != nil {
		t.Fatal(err)
	}
	good := dagtest.Verify(t, m.genesis.Domain(), record)
	m.step(1, replica.Submitted{Records: []replica.Submission{{Ticket: 99, Record: good[0], Class: dag.LaneAdministration}}})
	m.run(time.Second)
	second := m.submit(0, 5)
	m.run(time.Second)
	m.wantFinal([]dag.RecordID{first, record.ID(), second})
	m.wantQuiet()
}

// block makes a block of a member with parents of the round before by authors
// 0 to 2, whose ids are told by salt: they do not exist.
func (m *mesh) block(author dag.Author, round dag.Round, salt byte, acks []dag.Ack) *dag.Block {
	body := dag.BlockBody{Epoch: m.genesis.Epoch(), Round: round, Author: author, ClaimedAt: m.wall(), Acks: acks}
	for a := range dag.Author(4) {
		if round > 1 && a != author {
			body.Parents = append(body.Parents, dag.BlockRef{Round: round - 1, Author: a, ID: dag.BlockID{1 + salt}})
		}
	}
	return dag.SignBlock(m.genesis.Ledger(), body, m.nodes[author].config.MemberKey)
}

// TestBlocksThatWaitAreBounded has a liar send blocks whose parents do not exist.
func TestBlocksThatWaitAreBounded(t *testing.T) {
	m := newMesh(t, 4)
	for salt := range byte(10) {
		m.deliver(3, 0, &message.Blocks{Blocks: []*dag.Block{m.block(3, 5, salt, nil)}})
	}
	if got := m.sizes(0).Pending; got != 2 {
		t.Errorf("%d blocks of one slot wait, want 2", got)
	}
	ack := dag.Ack{Lane: dag.LaneID{Key: m.nodes[3].key}, First: 1}
	for i := range dag.MaxAckBatches {
		ack.Batches = append(ack.Batches, dag.BatchID{byte(i)})
	}
	var acks []dag.Ack
	for class := range dag.LaneNumber(16) {
		ack.Lane.Number = class
		acks = append(acks, ack)
	}
	for round := range dag.Round(400) {
		m.deliver(3, 0, &message.Blocks{Blocks: []*dag.Block{m.block(3, 10+round, 0, acks)}})
	}
	if got := m.sizes(0).ParkedBytes; got == 0 || got > replica.MaxParkedBytes {
		t.Errorf("%d bytes of blocks wait, want at most %d", got, replica.MaxParkedBytes)
	}
	id := m.submit(0, 0)
	m.run(time.Second)
	m.wantFinal([]dag.RecordID{id})
	m.run(time.Minute)
	if got := m.sizes(0).Wanted; got != 0 {
		t.Errorf("%d inventions are still asked for", got)
	}
}

// TestBatchesAheadAreBounded has a liar send batches that hang in the air.
func TestBatchesAheadAreBounded(t *testing.T) {
	m := newMesh(t, 4)
	for seq := range dag.Seq(300) {
		m.deliver(3, 0, batchesOf(m.forge(3, 2*seq+3, dag.BatchID{1}, 1)))
	}
	if got := m.sizes(0).Ahead; got != replica.MaxAheadBatches {
		t.Errorf("%d batches are kept ahead, want %d", got, replica.MaxAheadBatches)
	}
	m.run(time.Minute)
	m.wantQuiet()
}

// TestAnOwnBlockThatWaitsDoesNotSpin restarts a member whose newest block waits
// for a parent that it does not have, in a round that it could go on from.
func TestAnOwnBlockThatWaitsDoesNotSpin(t *testing.T) {
	g, nodes, members := dagtest.Genesis(4)
	sign := func(author dag.Author, round dag.Round, parents ...*dag.Block) *dag.Block {
		body := dag.BlockBody{Epoch: g.Epoch(), Round: round, Author: author, ClaimedAt: 1}
		for _, p := range parents {
			body.Parents = append(body.Parents, p.Ref())
		}
		return dag.SignBlock(g.Ledger(), body, members[author])
	}
	gone, a, b, c := sign(0, 1), sign(1, 1), sign(2, 1), sign(3, 1)
	own := sign(0, 2, gone, a, b, c)
	from := &store.Restored{
		Blocks:  []*dag.Block{a, b, c, own, sign(1, 2, a, b, c), sign(2, 2, b, a, c)},
		Batches: []store.BatchMeta{{Lane: dag.LaneID{Key: nodes[0].Public()}, Seq: 1, ID: dag.BatchID{1}, Bytes: 300, Records: 1}},
	}
	r, err := replica.New(replica.Config{
		Founding: consensus.Found(g), NodeKey: nodes[0], MemberKey: members[0], Rand: rand.New(rand.NewPCG(1, 2)),
	}, from)
	if err != nil {
		t.Fatal(err)
	}
	last := message.Message(&message.Blocks{Blocks: []*dag.Block{sign(3, 2, c, a, b)}})
	r.Step(0, 0, replica.Received{From: nodes[3].Public(), Message: dagtest.Verify(t, g.Domain(), last)[0]})
	answer := message.Message(&message.Tips{Highest: []dag.Round{2, 2, 2, 2}, Reply: true})
	for _, peer := range nodes[1:] {
		r.Step(0, 0, replica.Received{From: peer.Public(), Message: dagtest.Verify(t, g.Domain(), answer)[0]})
	}
	for now := replica.Instant(0); now < replica.Instant(time.Second); {
		out, wake := r.Step(now, 0, replica.Tick{})
		if wake <= now {
			t.Fatalf("at %d it wants a tick at %d", now, wake)
		}
		now = wake
		for _, o := range out {
			if b, ok := o.(replica.Broadcast); ok {
				if _, ok := b.Message.(*message.Blocks); ok {
					t.Fatal("it made a block whose predecessor it does not have")
				}
			}
		}
	}
}

// TestAnswersOfTwoLives submits again, after a restart, what was stored before
// it and becomes final before it is stored again. Every ticket is answered.
func TestAnswersOfTwoLives(t *testing.T) {
	m := newMesh(t, 4)
	slow := replica.DefaultTiming()
	slow.BatchSpacing = 5 * time.Second
	m.nodes[0].config.Timing = slow
	for i := range 4 {
		m.kill(i)
	}
	m.start(0)
	id := m.submitAs(0, 0, 1)
	m.run(time.Second)
	m.kill(0)
	m.start(0)
	m.submitAs(0, 1, 2)
	m.run(10 * time.Millisecond)
	m.submitAs(0, 0, 3)
	for echo := range replica.Ticket(replica.MaxEchoes + 1) {
		m.submitAs(0, 0, 4+echo)
	}
	for i := range 4 {
		m.start(i)
	}
	m.submitAs(0, 1, 2)
	m.run(10 * time.Millisecond)
	m.submitAs(0, 0, 3)
	for echo := range replica.Ticket(replica.MaxEchoes + 1) {
		m.submitAs(0, 0, 4+echo)
	}
	for i := range 4 {
		m.connect(i)
	}
	m.run(3 * time.Second)
	if !slices.Contains(m.nodes[1].finals(), id) {
		t.Fatal("what was stored before the restart is not final")
	}
	m.run(10 * time.Second)
	for echo := range replica.Ticket(replica.MaxEchoes) {
		if got := m.nodes[0].known[4+echo].First; got != id {
			t.Fatalf("echo %d is answered with %v, want %v", echo, got, id)
		}
	}
	if got := m.nodes[0].turned[4+replica.MaxEchoes]; !errors.Is(got, replica.ErrOverloaded) {
		t.Errorf("one echo too many: %v, want %v", got, replica.ErrOverloaded)
	}
	m.wantQuiet()
}

// TestDuplicatesAreTold submits a record that waits, is stored, and is final.
func TestDuplicatesAreTold(t *testing.T) {
	m := newMesh(t, 4)
	id := m.submitAs(0, 0, 1)
	m.submitAs(0, 0, 2)
	m.run(time.Second)
	m.submitAs(0, 0, 3)
	m.submitAs(1, 0, 4)
	m.run(time.Second)
	if got := m.nodes[0].known[2]; got.First != id {
		t.Errorf("stored already: %+v, want %v", got, id)
	}
	var leaf dag.LeafIndex
	for _, x := range m.nodes[0].final {
		for _, r := range x.Records {
			leaf = r.Leaf
		}
	}
	if got, ok := m.nodes[0].known[3]; !ok || got.First != (dag.RecordID{}) || got.Leaf != leaf {
		t.Errorf("final already: %+v, want leaf %d", got, leaf)
	}
	if _, ok := m.nodes[1].known[4]; !ok {
		t.Error("another node does not know what is final")
	}
}

func TestRecordsAreTurnedAway(t *testing.T) {
	m := newMeshOf(t, 4, func(g *dag.Genesis) { g.Devices = []dag.PublicKey{dagtest.DeviceKey(5).Public()} })
	m.submitAs(0, 0, 1)
	if got := m.nodes[0].turned[1]; !errors.Is(got, replica.ErrNotEntitled) {
		t.Errorf("a stranger's record: %v, want %v", got, replica.ErrNotEntitled)
	}
	const many = 300 // of 60 KiB
	m = newMesh(t, 1)
	var in replica.Submitted
	for k := range many {
		payload := make([]byte, 60<<10)
		payload[0], payload[1] = byte(k), byte(k>>8)
		record, err := dag.SignRecord(m.genesis.ID(), dagtest.DeviceKey(0), dag.FormatSenMLJSON, payload)
		if err != nil {
			t.Fatal(err)
		}
		good := dagtest.Verify(t, m.genesis.Domain(), record)[0]
		in.Records = append(in.Records, replica.Submission{Ticket: replica.Ticket(k + 1), Record: good})
	}
	m.step(0, in)
	if got := m.nodes[0].turned[many]; !errors.Is(got, replica.ErrOverloaded) {
		t.Errorf("one record too many: %v, want %v", got, replica.ErrOverloaded)
	}
	m.run(time.Minute)
	if got := len(m.nodes[0].stored) + len(m.nodes[0].turned); got != many {
		t.Errorf("%d records are answered, want %d", got, many)
	}
	if got, want := len(m.nodes[0].finals()), len(m.nodes[0].stored); got != want {
		t.Errorf("%d records are final, want the %d stored", got, want)
	}
}

// TestOnlyALackingQuorumResetsTheTimeout lets a peer come and go.
func TestOnlyALackingQuorumResetsTheTimeout(t *testing.T) {
	m := newMesh(t, 4)
	m.kill(3) // whose rounds pass without a commit
	floor := replica.DefaultTiming().TimeoutFloor
	for k := 0; k < 2000 && replica.TimeoutOf(m.nodes[0].Replica) == floor; k++ {
		m.submit(0, k)
		m.run(time.Millisecond)
	}
	before := replica.TimeoutOf(m.nodes[0].Replica)
	if before == floor {
		t.Fatal("the timeout did not grow")
	}
	for range 10 {
		m.step(0, replica.Connected{Peer: m.nodes[3].key})
		m.step(0, replica.Disconnected{Peer: m.nodes[3].key})
	}
	if got := replica.TimeoutOf(m.nodes[0].Replica); got != before {
		t.Errorf("timeout %v after a peer came and went, %v before", got, before)
	}
}

// certify makes a certified checkpoint that members 1 to 3 signed.
func (m *mesh) certify(c checkpoint.Checkpoint) *checkpoint.Certified {
	m.tb.Helper()
	var by []*checkpoint.Cosignature
	for a := range dag.Author(3) {
		by = append(by, checkpoint.Sign(m.nodes[a+1].config.MemberKey, c, a+1, 0))
	}
	certified, err := checkpoint.Certify(by)
	if err != nil {
		m.tb.Fatal(err)
	}
	return certified
}

// history runs a mesh without gw1 and returns what the others executed and
// certified.
func (m *mesh) history() (*checkpoint.Certified, []*dag.Commit) {
	m.tb.Helper()
	m.kill(0)
	for k := range 100 {
		m.submit(1+k%3, k)
		m.run(20 * time.Millisecond)
	}
	m.run(5 * time.Second)
	certified, commits, err := m.nodes[1].store.Commits(0, 1<<20)
	if err != nil || certified == nil {
		m.tb.Fatal("nothing is certified", err)
	}
	m.start(0)
	return certified, commits
}

func tipsOf(c *checkpoint.Certified) message.Message {
	return &message.Tips{Highest: make([]dag.Round, 4), Certified: c, Reply: true}
}

// TestALiarCannotMisleadWhoCatchesUp gives a node that was away chains of
// commits that no quorum certified.
func TestALiarCannotMisleadWhoCatchesUp(t *testing.T) {
	m := newMesh(t, 4)
	certified, commits := m.history()
	short := commits[:len(commits)-1]
	swapped := slices.Clone(commits)
	last := *commits[len(commits)-1]
	last.Time++
	swapped[len(swapped)-1] = last.Seal()
	gap := append(slices.Clone(commits[:3]), commits[4:]...)
	for name, lie := range map[string][]*dag.Commit{"short": short, "another end": swapped, "gap": gap} {
		said := message.Message(&message.Commits{Certified: certified, Commits: lie})
		if _, errs := dag.Verify(m.verifier, []message.Message{said}); errs[0] == nil {
			t.Errorf("%s: it verifies", name)
		}
	}
	m.deliver(1, 0, &message.Commits{Certified: certified, Commits: commits[1:]})
	m.deliver(1, 0, &message.Commits{Certified: certified})
	if got := m.sizes(0).Queue; got != 0 {
		t.Errorf("%d commits were taken", got)
	}
	m.deliver(1, 0, &message.Commits{Certified: certified, Commits: commits})
	if got := m.sizes(0).Queue; got == 0 {
		t.Error("the certified chain was not taken")
	}
	m.connect(0)
	m.run(5 * time.Second)
	if got, want := m.nodes[0].final[len(m.nodes[0].final)-1].Root, m.nodes[1].final[len(m.nodes[1].final)-1].Root; got != want {
		t.Error("another log than the others'")
	}
	m.wantQuiet()
}

// TestACertifiedImpossibilityIsAnAlarm certifies a commit that breaks the rules:
// more than f lie, and the node must neither follow nor die of it.
func TestACertifiedImpossibilityIsAnAlarm(t *testing.T) {
	m := newMesh(t, 4)
	certified, commits := m.history()
	bad := *commits[len(commits)-1]
	bad.Leader.Round = 1 // not after the one before
	lie := certified.Checkpoint
	lie.CommitID = bad.Seal().ID()
	m.deliver(1, 0, &message.Commits{Certified: m.certify(lie), Commits: append(slices.Clone(commits[:len(commits)-1]), &bad)})
	if !m.nodes[0].alarmed(replica.AlarmDivergence) {
		t.Errorf("alarms %v, want divergence", m.nodes[0].alarms)
	}
	if got := m.sizes(0).Queue; got != 0 {
		t.Errorf("%d commits of the impossible chain were taken", got)
	}
}

// TestBlocksWithinReachAreNotJumpedOver pushes the certified chain to a member
// that could decide it by itself: only who is far behind may skip rounds.
func TestBlocksWithinReachAreNotJumpedOver(t *testing.T) {
	m := newMesh(t, 4)
	m.drop = func(_, to int, _ message.Message) bool { return to == 0 }
	m.submit(1, 0)
	m.run(time.Second)
	certified, commits, err := m.nodes[1].store.Commits(0, 1<<20)
	if err != nil || certified == nil {
		t.Fatal("nothing is certified", err)
	}
	m.deliver(1, 0, &message.Commits{Certified: certified, Commits: commits})
	if got := m.sizes(0).Queue; got != 0 {
		t.Errorf("%d commits were taken", got)
	}
	m.drop = nil
	m.run(5 * time.Second)
	if got, want := len(m.nodes[0].finals()), 1; got != want {
		t.Errorf("%d records are final, want %d: by the blocks", got, want)
	}
	m.wantQuiet()
}

// TestWhatIsCertifiedIsNotWaitedForForEver has a member never get the blocks by
// which the others decided before they came to rest.
func TestWhatIsCertifiedIsNotWaitedForForEver(t *testing.T) {
	m := newMesh(t, 4)
	m.drop = func(_, to int, msg message.Message) bool {
		_, blocks := msg.(*message.Blocks)
		return blocks && to == 0
	}
	id := m.submit(1, 0)
	m.run(5 * time.Second)
	m.wantFinal([]dag.RecordID{id})
	m.wantQuiet()
}

// TestALaggardNoticesAnotherLog certifies another root before the laggard
// executes the commit.
func TestALaggardNoticesAnotherLog(t *testing.T) {
	m := newMesh(t, 4)
	certified, _ := m.history()
	lie := certified.Checkpoint
	lie.Root[0] ^= 1
	m.deliver(1, 0, tipsOf(m.certify(lie)))
	m.connect(0)
	m.run(5 * time.Second)
	if !m.nodes[0].alarmed(replica.AlarmDivergence) {
		t.Errorf("alarms %v, want divergence", m.nodes[0].alarms)
	}
}

// TestDivergenceStopsSigning has f+1 members cosign another log, before and
// after the node has its own. A restart changes nothing.
func TestDivergenceStopsSigning(t *testing.T) {
	for _, before := range []bool{true, false} {
		var own *checkpoint.Cosignature // gw1's newest
		uncertified := func(from, _ int, msg message.Message) bool {
			c, cosign := msg.(*message.Cosign)
			if cosign && from == 0 {
				own = c.Cosignature
			}
			tips, ok := msg.(*message.Tips)
			return cosign || ok && (tips.Cosignature != nil || tips.Certified != nil)
		}
		m := newMesh(t, 4)
		m.drop = uncertified
		m.submit(0, 0)
		m.run(time.Second)
		if own == nil {
			t.Fatal("nothing was cosigned")
		}
		lie := own.Checkpoint
		if before { // of what it has not executed yet
			own, m = nil, newMesh(t, 4)
			m.drop = uncertified
		}
		lie.Root[0] ^= 1
		for a := range dag.Author(2) {
			c := checkpoint.Sign(m.nodes[a+1].config.MemberKey, lie, a+1, 0)
			m.deliver(1, 0, &message.Cosign{Cosignature: c})
		}
		if before {
			m.submit(0, 0)
			m.run(time.Second)
		}
		if !m.nodes[0].alarmed(replica.AlarmDivergence) {
			t.Errorf("before %t: alarms %v, want divergence", before, m.nodes[0].alarms)
		}
		last := own
		m.submit(0, 1)
		m.run(2 * time.Second)
		if own != last {
			t.Errorf("before %t: it cosigned on", before)
		}
		m.restart(0)
		m.submit(0, 2)
		m.run(2 * time.Second)
		if own != last {
			t.Errorf("before %t: it cosigned after a restart", before)
		}
		if !m.nodes[0].alarmed(replica.AlarmDivergence) {
			t.Errorf("before %t: alarms %v after a restart, want divergence", before, m.nodes[0].alarms)
		}
		if got := len(m.nodes[0].finals()); got != 3 {
			t.Errorf("before %t: %d records are final, want 3: it still follows", before, got)
		}
	}
}

// TestOneAuthorsCosignaturesAreBounded has a liar cosign everything.
func TestOneAuthorsCosignaturesAreBounded(t *testing.T) {
	m := newMesh(t, 4)
	for i := range uint64(50) {
		c := checkpoint.Checkpoint{
			Origin: checkpoint.Origin(m.genesis.Ledger()), Size: i * 7 % 50, Epoch: m.genesis.Epoch(), Commit: dag.CommitIndex(i + 1),
		}
		m.deliver(3, 0, &message.Cosign{Cosignature: checkpoint.Sign(m.nodes[3].config.MemberKey, c, 3, 0)})
	}
	if got := m.sizes(0).Cosignatures; got != replica.MaxCosignatures {
		t.Errorf("%d cosignatures of one author are kept, want %d", got, replica.MaxCosignatures)
	}
	id := m.submit(0, 0)
	m.run(2 * time.Second)
	m.wantFinal([]dag.RecordID{id})
	m.wantQuiet()
}

func TestTipsOfAnotherCommitteeAreIgnored(t *testing.T) {
	m := newMesh(t, 4)
	before := m.sizes(0)
	m.deliver(3, 0, &message.Tips{Highest: make([]dag.Round, 5), Newest: m.block(3, 2, 0, nil)})
	if got := m.sizes(0); got != before {
		t.Errorf("%+v, want %+v", got, before)
	}
}

// TestInventionsAreDroppedWhenTheirLaneGoesOn has a liar list a batch that does
// not exist in the place of one that then becomes final.
func TestInventionsAreDroppedWhenTheirLaneGoesOn(t *testing.T) {
	m := newMesh(t, 4)
	m.kill(3)
	lie := dag.Ack{Lane: dag.LaneID{Key: m.nodes[1].key}, First: 1, Batches: []dag.BatchID{{1}}}
	m.deliver(3, 0, &message.Blocks{Blocks: []*dag.Block{m.block(3, 1, 0, []dag.Ack{lie})}})
	if got := m.sizes(0).Wanted; got != 1 {
		t.Fatalf("%d batches are wanted, want the invented one", got)
	}
	id := m.submit(1, 0)
	m.run(3 * time.Second)
	m.wantFinal([]dag.RecordID{id})
	if got := m.sizes(0).Wanted; got != 0 {
		t.Errorf("%d inventions are still asked for", got)
	}
	m.wantQuiet()
}

// TestTheBottomOfWhatWaitsIsAskedForAgain has a member wait for the first of a
// liar's other chain of blocks, of which it has a later one, while nobody answers
// for long. Tips bring neither again: it has blocks of the liar's in these rounds.
func TestTheBottomOfWhatWaitsIsAskedForAgain(t *testing.T) {
	m := newMesh(t, 7)
	for i := range 5 {
		m.kill(i + 2)
	}
	deaf := true
	m.drop = func(_, to int, msg message.Message) bool {
		_, want := msg.(*message.WantBlocks)
		_, batches := msg.(*message.Batches)
		return want && deaf || batches && to == 1 // gw2 has no work
	}
	m.submit(0, 0)
	m.run(1100 * time.Millisecond) // nobody's tips are on their way
	var others []*dag.Block
	for _, a := range []dag.Author{2, 4, 5, 6} {
		others = append(others, m.block(a, 1, 0, nil))
	}
	invented := dag.Ack{Lane: dag.LaneID{Key: m.nodes[3].key}, First: 1, Batches: []dag.BatchID{{1}}}
	var second *dag.Block
	for i, acks := range [][]dag.Ack{nil, {invented}} {
		first := m.block(3, 1, 0, acks)
		body := dag.BlockBody{Epoch: m.genesis.Epoch(), Round: 2, Author: 3, ClaimedAt: m.wall(), Parents: []dag.BlockRef{first.Ref()}}
		for _, b := range others {
			body.Parents = append(body.Parents, b.Ref())
		}
		second = dag.SignBlock(m.genesis.Ledger(), body, m.nodes[3].config.MemberKey)
		m.deliver(2, i, &message.Blocks{Blocks: append(slices.Clone(others), first, second)})
	}
	m.deliver(2, 0, &message.Blocks{Blocks: []*dag.Block{second}})
	m.run(2 * time.Minute)
	if got := m.sizes(0).Pending; got != 1 {
		t.Fatalf("%d blocks wait, want the liar's second", got)
	}
	deaf = false
	m.run(20 * time.Second)
	if got := m.sizes(0).Pending; got != 0 {
		t.Errorf("%d blocks still wait", got)
	}
}

// TestNoBlockAtTheEdgeOfTheFloor has a member's disk hang until the floor has
// reached the parents that its next block would have had.
func TestNoBlockAtTheEdgeOfTheFloor(t *testing.T) {
	m := newMeshOf(t, 4, func(g *dag.Genesis) { g.WindowRounds = 8 })
	hung := false
	m.hung = func(at int) bool { return hung && at == 0 }
	k := 0
	work := func() {
		m.submit(1+k%3, k)
		k++
		m.run(time.Millisecond)
	}
	for range 20 {
		for range 30 {
			work()
		}
		hung = true
		work()
		next, _ := replica.RoundsOf(m.nodes[0].Replica)
		for floor := dag.Round(0); floor+1 < next; _, floor = replica.RoundsOf(m.nodes[0].Replica) {
			work()
		}
		hung = false
		m.step(0, replica.Persisted{Seq: 1 << 60})
	}
	m.run(5 * time.Second)
	for i, h := range m.nodes {
		if len(h.blames) > 0 {
			t.Fatalf("gw%d blames %v", i+1, h.blames[0].Reason)
		}
	}
	m.wantQuiet()
}

// TestALaggardRunsAfterTheOthers brings a member back that the others need and
// that is some rounds behind: it must not take its time.
func TestALaggardRunsAfterTheOthers(t *testing.T) {
	m := newMesh(t, 4)
	m.kill(0)
	k := 0
	for ; len(m.nodes[1].final) == 0 || m.nodes[1].final[len(m.nodes[1].final)-1].Commit.Leader.Round < 40; k++ {
		m.submit(1+k%3, k)
		m.run(time.Millisecond)
	}
	m.kill(3)
	m.start(0)
	m.connect(0)
	id := m.submit(1, k)
	m.run(3 * time.Second)
	if !slices.Contains(m.nodes[1].finals(), id) {
		t.Error("a record is not final after three seconds")
	}
}

// TestForksBeyondTheBound has a liar fork more of its lanes than are ever frozen:
// the evidence ends, nothing here grows, the lanes beyond cost nobody his rest, and
// the honest go on.
func TestForksBeyondTheBound(t *testing.T) {
	const forks = 80 // 64 are frozen
	m := newMesh(t, 4)
	m.kill(3)
	for k := range forks {
		lane := dag.LaneNumber(k) * dag.LaneClasses
		one, two := m.forgeIn(3, lane, 1, dag.BatchID{}, 2*k), m.forgeIn(3, lane, 1, dag.BatchID{}, 2*k+1)
		m.deliver(3, 0, batchesOf(one))
		m.deliver(3, 1, batchesOf(two))
		m.deliver(3, 2, batchesOf(two))
		m.deliver(3, 2, batchesOf(one))
		m.run(200 * time.Millisecond)
	}
	id := m.submit(0, 0)
	m.run(10 * time.Second)
	evidence := 0
	for _, x := range m.nodes[0].final {
		for _, r := range x.Records {
			if r.Lane.Number.Class() == dag.LaneAdministration && r.Fate == store.Accepted {
				evidence++
			}
		}
	}
	// Several may prove one fork at a time; each proves it once.
	if evidence < 64 || evidence > 3*64 {
		t.Errorf("%d records prove forks, want 64 to %d", evidence, 3*64)
	}
	for i, h := range m.nodes[:3] {
		if !slices.Contains(h.finals(), id) {
			t.Errorf("gw%d: an honest record is not final", i+1)
		}
		if got := m.sizes(i); got.Held != 0 || got.Listed != 0 || got.Wanted != 0 || got.Lanes > 3*dag.LaneClasses || got.Unproven != 0 {
			t.Errorf("gw%d: left at rest: %+v", i+1, got)
		}
		if got, want := h.final[len(h.final)-1].Root, m.nodes[0].final[len(m.nodes[0].final)-1].Root; got != want {
			t.Errorf("gw%d: another log than gw1", i+1)
		}
	}
	m.wantQuiet()
}
