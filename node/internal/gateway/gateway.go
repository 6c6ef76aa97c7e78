package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/floormesh/floormesh/node"
	"github.com/floormesh/floormesh/node/api"
	"github.com/floormesh/floormesh/node/mqtt"
)

// Options of Run. All may be left out.
type Options struct {
	// Logger gets what the configuration's level lets through. Nil discards.
	Logger *slog.Logger
	// Ready is called once, when everything listens.
	Ready func(Addrs)
	// Record, RecordLimit and Build are node.Options'.
	Record      string
	RecordLimit node.ByteSize
	Build       string
}

// Addrs is where a running gateway listens.
type Addrs struct {
	HTTP string   `json:"http"` // URL
	MQTT string   `json:"mqtt"` // host:port, "" without a broker
	P2P  []string `json:"p2p"`  // multiaddresses
}

// Run runs the gateway of a directory (see node.Init) until ctx is done, and
// returns when nothing of it is left. Errors: those of node.Open and
// node.Node.Run, an address that cannot be listened on.
func Run(ctx context.Context, dir string, o Options) error {
	level := new(slog.LevelVar)
	log := slog.New(slog.DiscardHandler)
	if o.Logger != nil {
		log = slog.New(leveled{o.Logger.Handler(), level})
	}
	n, err := node.Open(dir, node.Options{
		Logger: log, Record: o.Record, RecordLimit: o.RecordLimit, Build: o.Build,
	})
	if err != nil {
		return err
	}
	level.Set(n.Config().Level())
	g := &gateway{node: n, config: n.Config(), log: log, registry: newRegistry(n)}
	err = g.run(ctx, o.Ready)
	return errors.Join(err, n.Close())
}

func newRegistry(n *node.Node) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(n.Collector(),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

type gateway struct {
	node     *node.Node
	config   *node.Config
	log      *slog.Logger
	registry *prometheus.Registry
}

// run starts the node, then the doors, and ends them the other way round.
func (g *gateway) run(ctx context.Context, ready func(Addrs)) error {
	// Before anything runs: a port that is taken is the likeliest mistake.
	front, err := net.Listen("tcp", g.config.HTTP.Listen)
	if err != nil {
		return fmt.Errorf("listen for http: %w", err)
	}
	nodeCtx, stopNode := context.WithCancel(context.WithoutCancel(ctx))
	defer stopNode()
	running := make(chan error, 1)
	go func() { running <- g.node.Run(nodeCtx) }()
	select {
	case err := <-running:
		return errors.Join(err, front.Close())
	case <-g.node.Ready():
	}
	memory := tradeMemory()
	defer memory.restore()
	resting := make(chan struct{})
	go func() {
		defer close(resting)
		releaseAtRest(nodeCtx, g.node.Activity, memory.adjust, debug.FreeOSMemory)
	}()
	err = g.serve(ctx, front, ready)
	stopNode()
	<-resting
	return errors.Join(err, <-running)
}

// serve opens the doors until ctx is done or one of them fails.
func (g *gateway) serve(ctx context.Context, front net.Listener, ready func(Addrs)) (err error) {
	addrs := Addrs{HTTP: "http://" + front.Addr().String(), P2P: g.node.Addrs()}
	if g.config.MQTT.Listen != "" {
		broker, err := mqtt.Listen(g.config.MQTT.Listen, g.node, mqtt.Options{Logger: g.log, Registerer: g.registry})
		if err != nil {
			return errors.Join(err, front.Close())
		}
		defer func() { err = errors.Join(err, broker.Close()) }()
		addrs.MQTT = broker.Addr().String()
	}
	stopProfiles, err := g.serveProfiles()
	if err != nil {
		return errors.Join(err, front.Close())
	}
	defer stopProfiles()

	handler := api.New(g.node, api.Options{Logger: g.log, Registry: g.registry, Hosts: g.config.HTTP.Hosts})
	g.log.Info("gateway is ready", slog.String("gateway", g.config.Name),
		slog.String("http", addrs.HTTP), slog.String("mqtt", addrs.MQTT), slog.Any("p2p", addrs.P2P))
	if ready != nil {
		ready(addrs)
	}
	return api.Serve(ctx, front, handler, g.log)
}

// serveProfiles serves Go's profiles, if the configuration asks for them.
func (g *gateway) serveProfiles() (stop func(), err error) {
	if g.config.Debug == "" {
		return func() {}, nil
	}
	l, err := net.Listen("tcp", g.config.Debug)
	if err != nil {
		return nil, fmt.Errorf("listen for profiles: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	s := &http.Server{Handler: mux, ReadHeaderTimeout: headerTimeout}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l) // ends with stop
	}()
	g.log.Info("profiles are served", slog.String("url", "http://"+l.Addr().String()+"/debug/pprof/"))
	return func() {
		_ = s.Close() // whoever is profiling is cut off
		<-done
	}, nil
}

// headerTimeout bounds how long a client of the profiles may take to ask.
const headerTimeout = 5 * time.Second

// leveled drops what is below a level.
type leveled struct {
	slog.Handler

	least slog.Leveler
}

// Enabled implements slog.Handler.
func (l leveled) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= l.least.Level() && l.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (l leveled) WithAttrs(attrs []slog.Attr) slog.Handler {
	return leveled{l.Handler.WithAttrs(attrs), l.least}
}

// WithGroup implements slog.Handler.
func (l leveled) WithGroup(name string) slog.Handler {
	return leveled{l.Handler.WithGroup(name), l.least}
}
