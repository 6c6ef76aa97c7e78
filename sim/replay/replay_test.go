package replay_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/consensus/replica/recording"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/replay"
	"github.com/floormesh/floormesh/sync/message"
	"github.com/floormesh/floormesh/sync/serve"
)

// TestAMeshReplays records every gateway of a mesh, one of which is stopped and
// started again, and replays all lives.
func TestAMeshReplays(t *testing.T) {
	m := newMesh(t)
	m.run(200)
	m.stop(2)
	m.run(200)
	m.start(2)
	m.run(400)
	for _, tape := range m.finish() {
		r, err := replay.Run(bytes.NewReader(tape), replay.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Divergence != nil {
			t.Errorf("%s: %s", r.Start.Gateway(), r.Divergence)
		}
		if r.Commits == 0 || r.Records == 0 || r.Signatures < 20 || r.Inputs.Received < 100 || !r.Whole {
			t.Errorf("%s did too little: %+v", r.Start.Gateway(), r)
		}
	}
}

// TestAKilledRecordingReplays cuts a recording anywhere behind its start.
func TestAKilledRecordingReplays(t *testing.T) {
	m := newMesh(t)
	m.run(100)
	tape := m.finish()[0]
	for range 50 {
		cut := len(tape)/8 + rand.IntN(len(tape)*7/8)
		r, err := replay.Run(bytes.NewReader(tape[:cut]), replay.Options{})
		if err != nil && !errors.Is(err, recording.ErrTorn) {
			t.Errorf("cut at byte %d: %v", cut, err)
		}
		if r == nil || r.Divergence != nil || r.Whole {
			t.Errorf("cut at byte %d: %+v", cut, r)
		}
	}
}

// TestAFlippedBitIsFound flips a bit anywhere.
func TestAFlippedBitIsFound(t *testing.T) {
	m := newMesh(t)
	m.run(100)
	tape := m.finish()[1]
	for range 200 {
		at, bit := rand.IntN(len(tape)), rand.IntN(8)
		bad := bytes.Clone(tape)
		bad[at] ^= 1 << bit
		_, err := replay.Run(bytes.NewReader(bad), replay.Options{})
		if !errors.Is(err, recording.ErrCorrupt) && !errors.Is(err, recording.ErrNoRecording) && !errors.Is(err, recording.ErrVersion) {
			t.Errorf("bit %d of byte %d is flipped: %v", bit, at, err)
		}
	}
}

// TestAnotherInputDiverges changes what one Step was given, as a broken
// memory would, and expects that Step to be named.
func TestAnotherInputDiverges(t *testing.T) {
	m := newMesh(t)
	m.forget = 300
	m.run(200)
	r, err := replay.Run(bytes.NewReader(m.finish()[0]), replay.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Divergence == nil {
		t.Fatal("a message that was swapped for a tick makes no difference")
	}
	text := r.Divergence.String()
	if n := r.Divergence.Step.Number; n < 300 || n > 400 || !strings.Contains(text, "recorded  digest "+r.Divergence.Step.Digest.String()) {
		t.Errorf("step 300 was changed, and this is found:\n%s", text)
	}
}

// TestUntilStops replays a part.
func TestUntilStops(t *testing.T) {
	m := newMesh(t)
	m.run(50)
	r, err := replay.Run(bytes.NewReader(m.finish()[0]), replay.Options{Until: 17})
	if err != nil || r.Steps != 17 || r.Whole {
		t.Errorf("got %+v, %v, want 17 steps", r, err)
	}
}

// TestAChangedRuleDiverges replays with a build that breaks a rule.
func TestAChangedRuleDiverges(t *testing.T) {
	if testing.Short() {
		t.Skip("builds floorsim twice")
	}
	m := newMesh(t)
	m.run(200)
	tape := filepath.Join(t.TempDir(), "gw1.rec")
	if err := os.WriteFile(tape, m.finish()[0], 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := floorsim(t, "", "replay", tape); err != nil || !strings.Contains(out, "outputs     as recorded") {
		t.Errorf("with the same rules: %v\n%s", err, out)
	}
	out, err := floorsim(t, "planted_blocks_not_durable", "replay", tape)
	failed, ok := errors.AsType[*exec.ExitError](err)
	if !ok || failed.ExitCode() != 1 || !strings.Contains(out, "comes out another way") || !strings.Contains(out, "warning: recorded by build (unknown)") {
		t.Errorf("with another rule: %v\n%s", err, out)
	}
}

func floorsim(t *testing.T, tag string, args ...string) (string, error) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "floorsim")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", tag, "-o", binary, "../cmd/floorsim")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build with %q: %v\n%s", tag, err, text)
	}
	out, err := exec.CommandContext(t.Context(), binary, args...).CombinedOutput()
	return string(out), err
}

// mesh runs four gateways in lockstep: a message takes a millisecond, a disk
// none. Everything is recorded.
type mesh struct {
	tb       testing.TB
	genesis  *dag.Genesis
	nodes    []dag.PrivateKey
	members  []dag.PrivateKey
	verifier *dag.Verifier
	hosts    []*host
	now      replica.Instant
	records  int
	forget   uint64 // Step of gateway 0 that is recorded as a tick
	tapes    []*host
}

// host is one life of a gateway.
type host struct {
	key     dag.PublicKey
	replica *replica.Replica
	store   *store.Memory
	tape    bytes.Buffer
	writer  *recording.Writer
	made    []recording.Signature
	wake    replica.Instant
	inbox   []replica.Input // to be given in the next millisecond
	down    bool
}

func newMesh(tb testing.TB) *mesh {
	m := &mesh{tb: tb, hosts: make([]*host, 4)}
	m.genesis, m.nodes, m.members = dagtest.Genesis(4)
	m.verifier = dag.NewVerifier(m.genesis.Domain(), rand.NewChaCha8([32]byte{1}))
	for i := range m.hosts {
		m.start(i)
	}
	return m
}

// start begins a life with what the last one has stored.
func (m *mesh) start(i int) {
	h := &host{key: m.nodes[i].Public(), store: store.NewMemory()}
	if old := m.hosts[i]; old != nil {
		h.store = old.store
	}
	from, err := h.store.Restore(h.key, uint64(m.genesis.DuplicateLeaves))
	if err != nil {
		m.tb.Fatal(err)
	}
	seed := [32]byte{byte(i), byte(len(m.tapes))}
	h.writer, err = recording.Begin(&h.tape, &recording.Start{
		Genesis: m.genesis, Node: m.nodes[i].Public(), Member: m.members[i].Public(),
		Wall: m.wall(), Timing: replica.DefaultTiming(), Seed: seed, Restored: from,
	})
	if err != nil {
		m.tb.Fatal(err)
	}
	witness := func(signed []byte, s dag.Signature) {
		h.made = append(h.made, recording.Signature{Message: recording.DigestOf(signed), Signature: s})
	}
	h.replica, err = replica.New(replica.Config{
		Founding: consensus.Found(m.genesis), NodeKey: m.nodes[i].Witnessed(witness), MemberKey: m.members[i].Witnessed(witness),
		Rand: rand.New(rand.NewChaCha8(seed)),
	}, from)
	if err != nil {
		m.tb.Fatal(err)
	}
	m.hosts[i] = h
	m.tapes = append(m.tapes, h)
	for k, other := range m.hosts {
		if other != nil && k != i && !other.down {
			h.inbox = append(h.inbox, replica.Connected{Peer: other.key})
			other.inbox = append(other.inbox, replica.Connected{Peer: h.key})
		}
	}
}

func (m *mesh) stop(i int) {
	m.hosts[i].down = true
	for k, other := range m.hosts {
		if k != i {
			other.inbox = append(other.inbox, replica.Disconnected{Peer: m.hosts[i].key})
		}
	}
}

func (m *mesh) wall() dag.UnixMilli { return 1_700_000_000_000 + dag.UnixMilli(m.now/1e6) }

// run lets milliseconds pass; every fourth brings a record.
func (m *mesh) run(millis int) {
	for range millis {
		m.now += replica.Instant(time.Millisecond)
		for i, h := range m.hosts {
			if h.down {
				continue
			}
			inbox := h.inbox
			h.inbox = nil
			for _, in := range inbox {
				m.step(i, in)
			}
			if h.wake <= m.now {
				m.step(i, replica.Tick{})
			}
		}
		if m.records++; m.records%4 == 0 {
			m.submit(0, m.records)
		}
	}
}

func (m *mesh) submit(i, k int) {
	r := dagtest.Reading(m.genesis.ID(), dagtest.DeviceKey(0), k)
	good, errs := dag.Verify(m.verifier, []*dag.Record{r})
	if errs[0] != nil {
		m.tb.Fatal(errs[0])
	}
	m.step(i, replica.Submitted{Records: []replica.Submission{{Ticket: replica.Ticket(k), Record: good[0]}}})
}

func (m *mesh) step(i int, in replica.Input) {
	h := m.hosts[i]
	out, wake := h.replica.Step(m.now, m.wall(), in)
	h.wake = wake
	if i == 0 && m.forget > 0 && h.writer.Steps()+1 >= m.forget {
		if _, ok := in.(replica.Received); ok {
			in, m.forget = replica.Tick{}, 0
		}
	}
	err := h.writer.Append(&recording.Taken{Now: m.now, Wall: m.wall(), Input: in, Outputs: out, Wake: wake, Signatures: h.made})
	if err != nil {
		m.tb.Fatal(err)
	}
	h.made = nil
	for _, o := range out {
		m.carry(h, o)
	}
}

func (m *mesh) carry(h *host, o replica.Output) {
	switch o := o.(type) {
	case replica.Persist:
		if err := errors.Join(h.store.Apply(o.Write), h.store.Sync()); err != nil {
			m.tb.Fatal(err)
		}
		h.inbox = append(h.inbox, replica.Persisted{Seq: o.Seq})
	case replica.Send:
		m.send(h, o.To, o.Message)
	case replica.Broadcast:
		for _, other := range m.hosts {
			if other != h {
				m.send(h, other.key, o.Message)
			}
		}
	case replica.Serve:
		answers, err := serve.Answer(h.store, o.Request)
		if err != nil {
			m.tb.Fatal(err)
		}
		for _, a := range answers {
			m.send(h, o.To, a)
		}
	case replica.Load:
		batches, err := h.store.Batches(o.IDs)
		if err != nil {
			m.tb.Fatal(err)
		}
		h.inbox = append(h.inbox, replica.Loaded{Batches: batches})
	default:
	}
}

func (m *mesh) send(from *host, to dag.PublicKey, msg message.Message) {
	good, errs := dag.Verify(m.verifier, []message.Message{msg})
	if errs[0] != nil {
		m.tb.Fatal(errs[0])
	}
	for _, h := range m.hosts {
		if h.key == to && !h.down {
			h.inbox = append(h.inbox, replica.Received{From: from.key, Message: good[0]})
		}
	}
}

// finish ends all recordings and returns them, in the order of the lives.
func (m *mesh) finish() (tapes [][]byte) {
	for _, h := range m.tapes {
		if err := h.writer.End("the test is over"); err != nil {
			m.tb.Fatal(err)
		}
		tapes = append(tapes, h.tape.Bytes())
	}
	return tapes
}

func BenchmarkReplay(b *testing.B) {
	m := newMesh(b)
	m.run(1000)
	tape := m.finish()[0]
	var last *replay.Result
	b.SetBytes(int64(len(tape)))
	for b.Loop() {
		var err error
		if last, err = replay.Run(bytes.NewReader(tape), replay.Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(last.Steps)*float64(b.N)/b.Elapsed().Seconds(), "steps/s")
	b.ReportMetric(float64(len(tape))/float64(last.Steps), "B/step")
}
