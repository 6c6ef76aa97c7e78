package node

import (
	"cmp"
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/consensus/replica/recording"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/node/disk"
	"github.com/floormesh/floormesh/node/p2p"
	"github.com/floormesh/floormesh/node/verify"
)

// Options of Open. All may be left out.
type Options struct {
	// Logger says what an operator may act on. Nil discards.
	Logger *slog.Logger
	// Record and RecordLimit stand for record.file and record.limit of the
	// configuration, unless they are zero.
	Record      string
	RecordLimit ByteSize
	// Build names this program in a recording.
	Build string

	// For tests: another disk, another network.
	openLedger  func(dir string, o disk.Options) (ledger, error)
	openNetwork func(n *Node) (transport, error)
}

// transport is this node's end of the mesh: p2p.Transport in a node.
type transport interface {
	network
	Addrs() []string
	Stats() p2p.Stats
	Close()
}

// Node is a running gateway. It implements Gateway.
type Node struct {
	home     *home
	founding *consensus.Founding
	domain   *dag.Domain
	names    map[dag.PublicKey]string // gateways' by node key
	devices  map[dag.PublicKey]bool   // entitled, nil for all
	log      *slog.Logger
	options  Options

	disk     ledger
	pool     *verify.Pool
	progress *progress
	tail     *tail
	tickets  *tickets
	recorder *recorder // nil if nothing is recorded
	count    *counters
	intake   intake
	loop     *loop
	writer   *writer
	reads    *reads
	links    *links
	net      transport

	ready chan struct{}
	ended chan struct{} // closed when nothing is accepted any more
	mu    sync.Mutex
	why   error // set before ended is closed
}

// errClosing is why a node that was asked to stop accepts nothing.
var errClosing = fmt.Errorf("%w: it is shutting down", ErrStopped)

// Open opens a gateway's directory (see Init): keys, configuration and store.
// Nothing runs before Run; reads work at once. Errors: ErrConfig, ErrLostStore,
// those of disk.Open and replica.New. Close it.
func Open(dir string, o Options) (*Node, error) {
	h, err := openHome(dir)
	if err != nil {
		return nil, err
	}
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	if o.openLedger == nil {
		o.openLedger = func(dir string, o disk.Options) (ledger, error) { return disk.Open(dir, o) }
	}
	if o.openNetwork == nil {
		o.openNetwork = openP2P
	}
	if err := h.checkSigned(); err != nil {
		return nil, err
	}
	n := newNode(h, o)
	if err := n.open(); err != nil {
		return nil, fmt.Errorf("open gateway %s: %w", h.config.Name, err)
	}
	return n, nil
}

func newNode(h *home, o Options) *Node {
	f := consensus.Found(h.genesis)
	n := &Node{
		home: h, founding: f, domain: f.Domain, names: map[dag.PublicKey]string{},
		log: o.Logger, options: o,
		tickets: newTickets(), count: &counters{}, writer: newWriter(),
		ready: make(chan struct{}), ended: make(chan struct{}),
	}
	for i := range h.genesis.Gateways {
		n.names[h.genesis.Gateways[i].Node] = h.genesis.Gateways[i].Name
	}
	if h.genesis.Devices != nil {
		n.devices = map[dag.PublicKey]bool{}
		for _, key := range h.genesis.Devices {
			n.devices[key] = true
		}
	}
	return n
}

// open opens the store and restores the replica from it.
func (n *Node) open() (err error) {
	n.disk, err = n.options.openLedger(n.home.path(dataDir), disk.Options{
		Mesh: n.domain.Mesh, Gateways: slices.SortedFunc(maps.Keys(n.names), dag.PublicKey.Compare), Logger: n.log,
	})
	if err != nil {
		return err
	}
	if err := n.restore(); err != nil {
		return errors.Join(err, n.disk.Close())
	}
	n.pool = verify.NewPool(n.domain, runtime.GOMAXPROCS(0), crand.Reader)
	return nil
}

func (n *Node) restore() error {
	if err := n.home.markSigned(); err != nil {
		return err
	}
	self := n.home.node.Public()
	from, err := n.disk.Restore(self, uint64(n.home.genesis.DuplicateLeaves))
	if err != nil {
		return err
	}
	var seed [32]byte
	_, _ = crand.Read(seed[:]) // never fails: the process dies first
	config := replica.Config{
		Founding: n.founding,
		NodeKey:  n.home.node, MemberKey: n.home.member,
		Rand:   rand.New(rand.NewChaCha8(seed)),
		Timing: n.home.config.Timing.timing(),
	}
	m, err := n.newMachine(config, seed, from)
	if err != nil {
		return err
	}
	c := n.disk.Counts()
	n.progress = newProgress(n.founding.Committee.N(), from, counts{size: c.LogSize, records: c.Final, commit: c.Commit})
	n.tail = newTail(n.disk.DeviceOf)
	n.assemble(m)
	return nil
}

// newMachine makes the replica and, if it is asked for, what records it.
func (n *Node) newMachine(config replica.Config, seed [32]byte, from *store.Restored) (machine, error) {
	file := n.recordFile()
	if file.path == "" {
		return replica.New(config, from)
	}
	recorder, err := openRecorder(file, n.log)
	if err != nil {
		return nil, err
	}
	if recorder == nil {
		return replica.New(config, from)
	}
	start := &recording.Start{
		Build: n.options.Build, Genesis: n.home.genesis,
		Node: config.NodeKey.Public(), Member: config.MemberKey.Public(),
		Wall:   dag.UnixMilli(time.Now().UnixMilli()),
		Timing: config.Timing, Seed: seed, Restored: from,
	}
	if err := recorder.begin(start); err != nil {
		n.log.Error("nothing is recorded; the gateway goes on", slog.Any("error", errors.Join(err, recorder.discard())))
		return replica.New(config, from)
	}
	config.NodeKey, config.MemberKey = recorder.witness(config.NodeKey), recorder.witness(config.MemberKey)
	r, err := replica.New(config, from)
	if err != nil {
		return nil, errors.Join(err, recorder.discard())
	}
	n.recorder = recorder
	recorder.record(r)
	return recorder, nil
}

// recordFile says where and how much this node records.
func (n *Node) recordFile() recordFile {
	c := &n.home.config.Record
	f := recordFile{path: n.options.Record, limit: int64(cmp.Or(n.options.RecordLimit, c.Limit))}
	if f.path == "" && c.File != "" {
		f.path = c.File
		if !filepath.IsAbs(f.path) {
			f.path = n.home.path(f.path)
		}
	}
	return f
}

// assemble puts the parts around the machine together.
func (n *Node) assemble(m machine) {
	n.loop = newLoop(m, n.writer, n.count)
	n.reads = newReads(n.disk, n.progress.isDurable, n.count, n.log, func(batches []*dag.Batch) {
		n.loop.loaded.put(batches)
		n.loop.notify()
	})
	n.links = &links{inputs: n.loop.peers, ended: n.ended, count: n.count}
	w := n.writer
	w.disk, w.reads, w.tickets, w.progress, w.count = n.disk, n.reads, n.tickets, n.progress, n.count
	w.tail = n.tail
	w.notify = n.loop.notify
}

// openP2P connects to the mesh.
func openP2P(n *Node) (transport, error) {
	c := &n.home.config.P2P
	policy, err := c.policy()
	if err != nil {
		return nil, err
	}
	peers := make(map[dag.PublicKey][]string, len(c.Peers))
	for name, addrs := range c.Peers {
		peers[n.home.genesis.Gateways[n.home.find(name)].Node] = addrs
	}
	return p2p.New(p2p.Config{
		Key: n.home.node, Genesis: n.home.genesis,
		Listen: c.Listen, Peers: peers, MDNS: c.MDNS, Gossip: policy,
	}, n.pool, n.links, n.log)
}

// Run connects to the mesh and works until ctx is done. When the disk fails it
// leaves the mesh, accepts nothing more and goes on answering reads until ctx is done;
// then it returns ErrStopped with the disk's error. It can be called once.
func (n *Node) Run(ctx context.Context) error {
	net, err := n.options.openNetwork(n)
	if err != nil {
		n.end(fmt.Errorf("%w: %w", ErrStopped, err))
		return fmt.Errorf("connect to the mesh: %w", err)
	}
	n.net, n.writer.net, n.reads.net = net, net, net
	close(n.ready)

	var reading sync.WaitGroup
	for range readWorkers {
		reading.Go(n.reads.run)
	}
	failure := n.work(ctx)
	net.Close()
	n.reads.close()
	reading.Wait()
	<-ctx.Done()
	return failure
}

// work runs loop and writer until ctx is done, or the disk fails: then it
// returns why.
func (n *Node) work(ctx context.Context) (failure error) {
	var (
		looping, writing   sync.WaitGroup
		stopLoop, stopWork = make(chan struct{}), make(chan struct{})
	)
	n.loop.alarm.fine = newFineClock(n.loop.alarm.ring)
	looping.Go(func() { n.loop.run(stopLoop) })
	writing.Go(func() { n.writer.run(stopWork) })
	select {
	case <-ctx.Done():
		n.end(errClosing)
	case <-n.writer.failed:
		failure = n.writer.err
	case <-n.disk.Failed():
		failure = n.disk.Err()
	}
	if failure != nil {
		failure = fmt.Errorf("%w: %w", ErrStopped, failure)
		n.log.Error("disk failed; no more records are accepted", slog.Any("error", failure))
		n.end(failure)
	}
	// Outputs that are queued may still be durable and answered before the end.
	close(stopLoop)
	looping.Wait()
	close(stopWork)
	writing.Wait()
	n.tickets.stop(n.stopped())
	return failure
}

// end makes the node accept nothing more.
func (n *Node) end(why error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.why == nil {
		n.why = why
		close(n.ended)
	}
}

// stopped returns why nothing is accepted any more, nil while it is.
func (n *Node) stopped() error {
	select {
	case <-n.ended:
		n.mu.Lock()
		defer n.mu.Unlock()
		return n.why
	default:
		return nil
	}
}

// Ready is closed once the node listens and Addrs is known.
func (n *Node) Ready() <-chan struct{} { return n.ready }

// Addrs returns the multiaddresses at which other gateways reach this one.
// Call it after Ready.
func (n *Node) Addrs() []string { return n.net.Addrs() }

// Config returns the configuration that the node was opened with; read only.
func (n *Node) Config() *Config { return n.home.config }

// Activity returns a number that grows while the node has anything to do, and
// stands still while it is at rest.
func (n *Node) Activity() uint64 { return n.count.inputs.Load() }

// Close closes the store. Run must have returned, or never been called, and no
// method may be under way.
func (n *Node) Close() error {
	n.end(errClosing)
	n.pool.Close()
	if n.recorder != nil {
		n.recorder.close()
	}
	if err := n.disk.Close(); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}
