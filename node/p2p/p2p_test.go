package p2p

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"go.uber.org/goleak"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/node/verify"
	"github.com/floormesh/floormesh/sync/message"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds waits that end at once when all is well.
const patience = 20 * time.Second

// received is a message as a handler got it.
type received struct {
	from dag.PublicKey
	m    message.Message
}

// inbox is a Handler that puts everything into channels.
type inbox struct {
	messages     chan received
	connected    chan dag.PublicKey
	disconnected chan dag.PublicKey
	closed       chan struct{}
}

func newInbox() *inbox {
	return &inbox{
		make(chan received, 10_000), make(chan dag.PublicKey, 100), make(chan dag.PublicKey, 100), make(chan struct{}),
	}
}

func (in *inbox) Received(from dag.PublicKey, messages []dag.Verified[message.Message]) {
	for _, m := range messages {
		select {
		case in.messages <- received{from, m.Value()}:
		case <-in.closed:
		}
	}
}
func (in *inbox) Connected(p dag.PublicKey)    { in.connected <- p }
func (in *inbox) Disconnected(p dag.PublicKey) { in.disconnected <- p }

func next[T any](tb testing.TB, c <-chan T, what string) (v T) {
	tb.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		tb.Fatalf("no %s within %v", what, patience)
	}
	return v
}

// waitFor polls for what no channel tells.
func waitFor(tb testing.TB, done func() bool) {
	tb.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("did not happen within %v", patience)
		}
	}
}

// node is a transport and its inbox.
type node struct {
	*Transport
	*inbox

	pool    *verify.Pool
	stopped bool
}

func (n *node) stop() {
	if n.stopped {
		return
	}
	n.stopped = true
	close(n.inbox.closed)
	n.Close()
	n.pool.Close()
}

// testLog shows everything if FLOORMESH_TEST_LOG is set.
func testLog(name string) *slog.Logger {
	if os.Getenv("FLOORMESH_TEST_LOG") == "" {
		return slog.New(slog.DiscardHandler)
	}
	h := slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})
	return slog.New(h.WithAttrs([]slog.Attr{slog.String("node", name)}))
}

func start(tb testing.TB, cfg Config) *node {
	tb.Helper()
	n := &node{inbox: newInbox(), pool: verify.NewPool(cfg.Genesis.Domain(), 1, rand.Reader)}
	var err error
	if n.Transport, err = New(cfg, n.pool, n.inbox, testLog(cfg.Key.Public().String()[:4])); err != nil {
		n.pool.Close()
		tb.Fatal(err)
	}
	tb.Cleanup(n.stop)
	return n
}

// mesh starts n nodes, each of which knows those before it.
func mesh(tb testing.TB, n int, change func(cfg *Config)) (g *dag.Genesis, nodes []*node) {
	tb.Helper()
	g, keys, _ := dagtest.Genesis(n)
	known := make(map[dag.PublicKey][]string)
	for i := range n {
		cfg := Config{Key: keys[i], Genesis: g, Peers: make(map[dag.PublicKey][]string)}
		maps.Copy(cfg.Peers, known)
		if change != nil {
			change(&cfg)
		}
		nodes = append(nodes, start(tb, cfg))
		known[keys[i].Public()] = nodes[i].Addrs()
	}
	return g, nodes
}

// pair returns two connected nodes.
func pair(tb testing.TB, change func(cfg *Config)) (*dag.Genesis, *node, *node) {
	tb.Helper()
	g, nodes := mesh(tb, 2, change)
	next(tb, nodes[0].connected, "connection")
	next(tb, nodes[1].connected, "connection")
	return g, nodes[0], nodes[1]
}

// only returns the addresses of one transport, such as "/tcp/".
func only(transport string, addrs []string) []string {
	return slices.DeleteFunc(addrs, func(s string) bool { return !strings.Contains(s, transport) })
}

func tips(round int) *message.Tips { return &message.Tips{Highest: []dag.Round{dag.Round(round)}} }

func batches(tb testing.TB, g *dag.Genesis, first int, sizes ...int) *message.Batches {
	tb.Helper()
	return &message.Batches{Batches: dagtest.Lane(tb, g, dagtest.Key("node", 0), dag.LaneReadings, first, sizes...)}
}

func TestPeerIDIsTheKey(t *testing.T) {
	key := dagtest.Key("node", 1).Public()
	id, err := PeerID(key)
	if err != nil {
		t.Fatal(err)
	}
	back, err := PublicKey(id)
	if err != nil || back != key {
		t.Errorf("got %s, %v, want %s", back, err, key)
	}
	if _, err := PublicKey(peer.ID("nonsense")); err == nil {
		t.Error("nonsense is a key")
	}
}

func TestEveryWayOfSending(t *testing.T) {
	g, a, b := pair(t, nil)
	for i := range 100 {
		a.Send(b.self, tips(i+1))
		a.Flush()
	}
	a.Broadcast(tips(101))
	a.Flush()
	for i := range 101 {
		got := next(t, b.messages, "message")
		if r := got.m.(*message.Tips).Highest[0]; r != dag.Round(i+1) || got.from != a.self {
			t.Fatalf("got round %d from %s, want %d", r, got.from, i+1)
		}
	}
	large := batches(t, g, 0, 1500)
	b.Answer(a.self, []message.Message{large, tips(7)})
	b.Flush()
	// Tips do not queue behind the signatures of batches, though they may come after.
	for range 2 {
		switch m := next(t, a.messages, "answer").m.(type) {
		case *message.Batches:
			if got := m.Batches[0].ID(); got != large.Batches[0].ID() {
				t.Errorf("got batch %s", got)
			}
		case *message.Tips:
			if got := m.Highest[0]; got != 7 {
				t.Errorf("got round %d", got)
			}
		default:
			t.Errorf("got %T", m)
		}
	}
	if s := a.Stats(); s.MessagesIn != 2 || s.MessagesOut != 101 || s.Connected != 1 || s.DroppedFull != 0 {
		t.Errorf("got %+v", s)
	}
	if p := a.Peers(); len(p) != 1 || !p[0].Connected || p[0].Name != "gw2" || !strings.Contains(p[0].Address, "/tcp/") {
		t.Errorf("got %+v", p)
	}
}

func TestWhatIsTooLargeIsSplit(t *testing.T) {
	g, a, b := pair(t, nil)
	a.Broadcast(batches(t, g, 0, 1500, 1500, 1500, 1500))
	a.Flush()
	for got := 0; got < 4; {
		got += len(next(t, b.messages, "part").m.(*message.Batches).Batches)
	}
	a.Broadcast(&message.WantBlocks{Refs: make([]dag.BlockRef, 8*message.MaxWants)})
	a.Flush()
	if s := a.Stats(); s.DroppedOversized != 1 {
		t.Errorf("got %d dropped, want 1", s.DroppedOversized)
	}
}

func TestSendToNobodyIsCounted(t *testing.T) {
	g, keys, _ := dagtest.Genesis(2)
	n := start(t, Config{Key: keys[0], Genesis: g})
	n.Send(keys[1].Public(), tips(1))
	n.Flush()
	n.Broadcast(tips(1))
	n.Flush()
	n.Answer(keys[1].Public(), []message.Message{tips(1)})
	n.Flush()
	n.Send(dagtest.Key("node", 9).Public(), tips(1))
	n.Flush()
	if s := n.Stats(); s.DroppedUnreachable != 3 {
		t.Errorf("got %d, want 3", s.DroppedUnreachable)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	g, keys, _ := dagtest.Genesis(2)
	a := start(t, Config{Key: keys[0], Genesis: g})
	stranger := dagtest.Key("stranger", 0)
	other := *g
	other.Gateways = []dag.Gateway{
		g.Gateways[0], {Name: "gw9", Node: stranger.Public(), Member: dagtest.Key("stranger", 1).Public()},
	}
	for _, transport := range []string{"/tcp/", "/quic-v1"} {
		before := a.Stats().Strangers
		known := map[dag.PublicKey][]string{a.self: only(transport, a.Addrs())}
		s := start(t, Config{Key: stranger, Genesis: &other, Peers: known})
		waitFor(t, func() bool { return a.Stats().Strangers > before })
		if got := s.Stats().Connected + a.Stats().Connected; got != 0 {
			t.Errorf("%s: a stranger is connected", transport)
		}
		s.stop()
	}
	if len(a.connected) != 0 || len(a.messages) != 0 {
		t.Error("a stranger was heard of")
	}
}

func TestOtherMeshIsToldSo(t *testing.T) {
	g, keys, _ := dagtest.Genesis(2)
	a := start(t, Config{Key: keys[0], Genesis: g})
	other := *g
	other.Site = "elsewhere" // and the same keys
	b := start(t, Config{Key: keys[1], Genesis: &other, Peers: map[dag.PublicKey][]string{a.self: a.Addrs()}})
	waitFor(t, func() bool { return strings.Contains(b.Peers()[0].Problem, "different genesis files") })
}

func TestHelloObjections(t *testing.T) {
	ours := hello{version: 1, mesh: dag.MeshID{1}, epoch: dag.EpochID{1}}
	for _, c := range []struct {
		name   string
		theirs hello
		want   string
	}{
		{"the same", ours, ""},
		{"another epoch", hello{version: 1, mesh: ours.mesh}, ""},
		{"newer", hello{version: 2, mesh: ours.mesh}, "upgrade the older gateway"},
		{"another mesh", hello{version: 1}, "different genesis files"},
	} {
		got := ours.objection(&c.theirs)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q", c.name, got)
		}
		if back, err := decodeHello(c.theirs.encode()); err != nil || back != c.theirs {
			t.Errorf("%s: round trip gave %+v, %v", c.name, back, err)
		}
	}
}

func TestReconnectAfterRestart(t *testing.T) {
	for _, transport := range []string{"/tcp/", "/quic-v1"} {
		t.Run(strings.Trim(transport, "/"), func(t *testing.T) {
			g, keys, _ := dagtest.Genesis(2)
			a := start(t, Config{Key: keys[0], Genesis: g})
			known := map[dag.PublicKey][]string{a.self: only(transport, a.Addrs())}
			b := start(t, Config{Key: keys[1], Genesis: g, Listen: only(transport, DefaultListen()), Peers: known})
			next(t, a.connected, "connection")
			next(t, b.connected, "connection")
			for round := range 2 {
				addrs := a.Addrs()
				for i, s := range addrs {
					addrs[i], _, _ = strings.Cut(s, "/p2p/")
				}
				a.stop()
				next(t, b.disconnected, "disconnection")
				a = start(t, Config{Key: keys[0], Genesis: g, Listen: addrs}) // knows nobody: b dials
				next(t, b.connected, "reconnection")
				next(t, a.connected, "reconnection")
				b.Send(a.self, tips(round))
				b.Flush()
				next(t, a.messages, "message after the restart")
			}
		})
	}
}

func TestGossipReachesWhoIsNotConnected(t *testing.T) {
	// gw1 - gw2 - gw3: the ends know nothing but the middle.
	g, keys, _ := dagtest.Genesis(3)
	middle := start(t, Config{Key: keys[1], Genesis: g})
	known := map[dag.PublicKey][]string{middle.self: middle.Addrs()}
	left := start(t, Config{Key: keys[0], Genesis: g, Peers: known})
	next(t, left.connected, "connection")
	right := start(t, Config{Key: keys[2], Genesis: g, Peers: known})
	next(t, right.connected, "connection")
	waitFor(t, left.reachesFurther) // the middle has said whom it sees
	waitFor(t, func() bool {
		return len(left.gossip.batches.ListPeers()) == 1 && len(right.gossip.batches.ListPeers()) == 1 &&
			len(middle.gossip.batches.ListPeers()) == 2
	})

	// A message is lost, as any may be, until the middle has taken the right
	// end into its gossip mesh at one of its heartbeats.
	m := batches(t, g, 0, 3)
	var got received
	waitFor(t, func() bool {
		left.Gossip(m)
		left.Flush()
		select {
		case got = <-right.messages:
			return true
		case <-time.After(100 * time.Millisecond):
			m = batches(t, g, int(left.Stats().GossipPublished), 3)
			return false
		}
	})
	if _, ok := got.m.(*message.Batches); !ok || got.from != middle.self {
		t.Errorf("got %s from %s", message.Name(got.m), got.from)
	}
	if s := right.Stats(); s.GossipReceived == 0 || s.Connected != 1 {
		t.Errorf("got %+v", s)
	}
}

func TestGossipIsForThoseWhomStreamsDoNotReach(t *testing.T) {
	g, nodes := mesh(t, 3, nil)
	for _, n := range nodes {
		next(t, n.connected, "connection")
		next(t, n.connected, "connection")
	}
	m := batches(t, g, 0, 1)
	nodes[0].Broadcast(m)
	nodes[0].Flush()
	nodes[0].Gossip(m) // everybody has it already
	nodes[0].Flush()
	nodes[0].Gossip(batches(t, g, 5, 1))
	nodes[0].Flush()
	for range 2 {
		next(t, nodes[1].messages, "batch")
		next(t, nodes[2].messages, "batch")
	}
	nodes[2].stop()
	next(t, nodes[0].disconnected, "disconnection")
	waitFor(t, func() bool { return !nodes[0].reachesFurther() }) // nobody sees it: gossip would not help
	nodes[0].Gossip(batches(t, g, 9, 1))
	nodes[0].Flush()
	next(t, nodes[1].messages, "batch")
	if s := nodes[0].Stats(); s.GossipPublished != 0 {
		t.Errorf("published %d, want 0", s.GossipPublished)
	}
	if len(nodes[1].messages) != 0 {
		t.Error("a message came twice")
	}
}

func TestBadGossipIsRejected(t *testing.T) {
	g, a, b := pair(t, func(c *Config) { c.Gossip = GossipAlways })
	waitFor(t, func() bool {
		return len(a.gossip.batches.ListPeers()) > 0 && len(a.gossip.commits.ListPeers()) > 0
	})
	forged := message.Encode(nil, batches(t, g, 0, 1))
	forged[len(forged)-1] ^= 1
	for _, raw := range [][]byte{[]byte("garbage"), forged, message.Encode(nil, tips(1))} {
		if err := a.gossip.batches.Publish(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.gossip.commits.Publish(t.Context(), message.Encode(nil, batches(t, g, 0, 1))); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return b.Stats().Blames == 4 })
	if got := b.Stats().GossipReceived; got != 0 {
		t.Errorf("received %d", got)
	}
}

// intruder is a bare host with a gateway's key, to misbehave with.
func intruder(t *testing.T, key dag.PrivateKey, a *node) *endpoint {
	t.Helper()
	k, err := libp2pKey(key)
	if err != nil {
		t.Fatal(err)
	}
	e, err := newEndpoint(k, nil, &gater{func(peer.ID) bool { return true }, func(peer.ID) {}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	addrs, err := parseAddrs(a.self, a.Addrs())
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Connect(t.Context(), peer.AddrInfo{ID: a.host.ID(), Addrs: addrs}); err != nil {
		t.Fatal(err)
	}
	return e
}

func openStream(t *testing.T, e *endpoint, a *node) network.Stream {
	t.Helper()
	s, err := e.NewStream(t.Context(), a.host.ID(), consensusProtocol)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMisbehaviourIsBlamed(t *testing.T) {
	g, keys, _ := dagtest.Genesis(2)
	forged := message.Encode(nil, &message.Blocks{Blocks: dagtest.Parse(t, 2, "a1 <-").Blocks})
	forged[len(forged)-1] ^= 1
	for _, c := range []struct {
		name  string
		hello bool
		bytes []byte
	}{
		{"no hello", false, []byte("\x03abc")},
		{"hello without an end", false, []byte("\xff\xff\xff\xff\xff")},
		{"frame too large", true, []byte{0xff, 0xff, 0xff, 0x7f}},
		{"empty frame", true, []byte{0}},
		{"length in a long form", true, []byte{0x81, 0}},
		{"frame of no kind", true, []byte{1, 9}},
		{"garbage message", true, []byte{3, packPlain, 1, 2}},
		{"garbage zstd", true, []byte{3, packZstd, 1, 2}},
		{"view of the wrong size", true, []byte{3, packView, 1, 2}},
		{"forged signature", true, frame(append([]byte{packPlain}, forged...))},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := start(t, Config{Key: keys[0], Genesis: g})
			s := openStream(t, intruder(t, keys[1], a), a)
			if c.hello {
				if err := a.hello.greet(s); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.Write(c.bytes); err != nil {
				t.Fatal(err)
			}
			waitFor(t, func() bool { return a.Stats().Blames == 1 })
			if len(a.messages) != 0 {
				t.Error("something was received")
			}
		})
	}
}

func TestSilentPeerIsGivenUp(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as a peer may be silent")
	}
	g, keys, _ := dagtest.Genesis(2)
	a := start(t, Config{Key: keys[0], Genesis: g})
	e := intruder(t, keys[1], a)
	begin := time.Now()
	if err := a.hello.greet(openStream(t, e, a)); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return len(e.Network().ConnsToPeer(a.host.ID())) == 0 })
	if took := time.Since(begin); took < quietTime*(quietTimes-1) {
		t.Errorf("given up after %v", took)
	}
}

func TestRepeatedOffendersAreShutOut(t *testing.T) {
	g, keys, _ := dagtest.Genesis(2)
	a := start(t, Config{Key: keys[0], Genesis: g})
	e := intruder(t, keys[1], a)
	for range blamesToBan {
		a.Penalize(keys[1].Public(), errors.New("test"))
	}
	waitFor(t, func() bool { return len(e.Network().ConnsToPeer(a.host.ID())) == 0 })
	if p := a.Peers()[0]; !p.Banned {
		t.Errorf("got %+v", p)
	}
	before := a.Stats().Strangers
	_ = e.Connect(t.Context(), peer.AddrInfo{ID: a.host.ID()}) // may seem to succeed
	waitFor(t, func() bool { return a.Stats().Strangers > before })
}

func TestRecordOfOffences(t *testing.T) {
	var r record
	now := time.Unix(1000, 0)
	for range blamesToBan - 1 {
		if ban := r.blame(now); ban != 0 {
			t.Fatalf("banned for %v", ban)
		}
	}
	now = now.Add(2 * blameFades)
	for i := range 3 {
		if ban := r.blame(now); (ban == banMin) != (i == 2) {
			t.Errorf("offence %d: banned for %v", i, ban)
		}
	}
	if got := r.bannedFor(now.Add(banMin - 1)); got != 1 {
		t.Errorf("got %v", got)
	}
	now = now.Add(banMin)
	if got := r.bannedFor(now); got != 0 {
		t.Errorf("got %v", got)
	}
	for range blamesToBan - 1 {
		r.blame(now)
	}
	if ban := r.blame(now); ban != 2*banMin {
		t.Errorf("banned for %v, want %v", ban, 2*banMin)
	}
}

func TestQueueIsBounded(t *testing.T) {
	for _, c := range []struct {
		overflow overflow
		first    byte
	}{{dropOldest, 3}, {dropNewest, 0}} {
		q := newQueue(c.overflow)
		dropped := 0
		for i := range maxQueuedFrames + 3 {
			dropped += q.push([]byte{byte(i)})
		}
		frames := q.take()
		if dropped != 3 || len(frames) != maxQueuedFrames || frames[0][0] != c.first {
			t.Errorf("%d: dropped %d, kept %d from %d", c.overflow, dropped, len(frames), frames[0][0])
		}
		big := make([]byte, maxQueuedBytes/2)
		if d := q.push(big) + q.push(big); d != 0 {
			t.Errorf("dropped %d that fit", d)
		}
		if d := q.push(big[:1]); d != 1 {
			t.Errorf("dropped %d of what does not fit", d)
		}
	}
}

func TestView(t *testing.T) {
	v := newView(10)
	v.add(0)
	v.add(9)
	for i := range 20 {
		if got, want := v.has(i), i == 0 || i == 9; got != want {
			t.Errorf("%d: got %v", i, got)
		}
	}
	if view(nil).has(0) {
		t.Error("nobody sees somebody")
	}
	if _, err := decodeView(v, 17); !errors.Is(err, errProtocol) {
		t.Errorf("got error %v", err)
	}
}

func TestPacking(t *testing.T) {
	p, err := newPacker()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	noise := make([]byte, 5000)
	_, _ = rand.Read(noise)
	for _, c := range []struct {
		name string
		raw  []byte
		want byte
	}{
		{"small", make([]byte, 100), packPlain},
		{"noise", noise, packPlain},
		{"zeros", make([]byte, message.MaxBytes), packZstd},
	} {
		pack, content := p.pack(c.raw)
		if pack != c.want {
			t.Errorf("%s: packed as %d, want %d", c.name, pack, c.want)
		}
		if pack == packPlain {
			continue
		}
		size, err := unpackedSize(content)
		if err != nil || size != len(c.raw) {
			t.Errorf("%s: size %d, %v", c.name, size, err)
		}
		if raw, err := p.unpack(content, size); err != nil || len(raw) != len(c.raw) {
			t.Errorf("%s: %d bytes, %v", c.name, len(raw), err)
		}
	}
	// A bomb: more comes out than it says.
	_, packed := p.pack(make([]byte, 1<<20))
	if _, err := p.unpack(append(packed, packed...), 1<<20); !errors.Is(err, errProtocol) {
		t.Errorf("bomb: got error %v", err)
	}
}

func TestConfigValidate(t *testing.T) {
	g, keys, _ := dagtest.Genesis(2)
	id, err := PeerID(keys[1].Public())
	if err != nil {
		t.Fatal(err)
	}
	bad := Config{
		Key: dagtest.Key("stranger", 0), Genesis: g, Listen: []string{"nowhere"},
		Peers: map[dag.PublicKey][]string{
			keys[0].Public(): {"/ip4/1.2.3.4/tcp/1/p2p/" + id.String()},
			keys[1].Public(): {"/ip4/1.2.3.4/tcp/1/p2p/" + id.String(), "/p2p/" + id.String()},
			{}:               nil,
		},
	}
	err = bad.Validate()
	for _, want := range []string{"node key", "nowhere", "names another peer", "has no place", "is not in the genesis"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	if err := (&Config{}).Validate(); err == nil {
		t.Error("no genesis is no problem")
	}
}

func TestMDNSThatCannotStartIsNoError(t *testing.T) {
	_, a, b := pair(t, func(c *Config) { c.MDNS = true })
	a.Send(b.self, tips(1))
	a.Flush()
	next(t, b.messages, "message")
}

func TestCloseIsQuickAndCanBeRepeated(t *testing.T) {
	_, a, b := pair(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.stop()
		a.Close()
	}()
	select {
	case <-done:
	case <-ctx.Done():
		t.Fatal("Close hangs")
	}
	a.Send(b.self, tips(1)) // harmless
	a.Flush()
	a.Gossip(tips(1))
	a.Flush()
}
