package api

import (
	_ "embed" // openapi.json
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"

	"github.com/floormesh/floormesh/node"
	"github.com/floormesh/floormesh/node/internal/stamp"
)

// Options of New. All may be left out.
type Options struct {
	// Logger says what an operator may act on. Nil discards.
	Logger *slog.Logger

	// Registry is what /metrics shows. The handler registers its own counters
	// there, so a registry serves one handler. Nil makes one.
	Registry *prometheus.Registry

	// Hosts are further host names that this gateway is called by, without a
	// port, see "Browsers" in the package documentation. Addresses and plant-local names
	// need no mention.
	Hosts []string
}

// New returns the handler of everything that a gateway says over HTTP. It panics
// if o.Registry has a handler's counters already. Serve it with [Serve], which
// sets the timeouts that it relies on.
func New(g node.Gateway, o Options) http.Handler {
	return newAPI(g, o).handler()
}

// handler puts the endpoints together.
func (a *api) handler() http.Handler {
	mux := http.NewServeMux()
	for _, e := range a.endpoints() {
		mux.Handle(e.path, a.metrics.observe(e.path, e))
	}
	mux.Handle("/", a.metrics.observe("other", http.HandlerFunc(a.nowhere)))
	return a.guard(mux)
}

func newAPI(g node.Gateway, o Options) *api {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	return &api{
		gateway:   g,
		log:       o.Logger,
		registry:  o.Registry,
		metrics:   newMetrics(o.Registry),
		hosts:     o.Hosts,
		ids:       newIDEncoding(),
		bodies:    semaphore.NewWeighted(maxBodiesBytes),
		keepAlive: keepAlive,
		submit:    submitTimeout,
	}
}

type api struct {
	gateway  node.Gateway
	log      *slog.Logger
	registry *prometheus.Registry
	metrics  *metrics
	hosts    []string
	ids      idEncoding
	bodies   *semaphore.Weighted // bytes of request bodies held
	stamps   stamp.Source        // times of readings that have none
	streams  atomic.Int64        // event streams open

	keepAlive, submit time.Duration // the limits of these names
}

// action answers a request, or says what problem to answer with.
type action func(w http.ResponseWriter, r *http.Request) *problem

// endpoint is one path with its methods. HEAD goes where GET goes.
type endpoint struct {
	path      string
	get, post action
}

func (a *api) endpoints() []endpoint {
	return []endpoint{
		{path: "/v1/records", get: a.list, post: a.post},
		{path: "/v1/records/{id}", get: a.record},
		{path: "/v1/records/{id}/proof", get: a.proof},
		{path: "/v1/status", get: a.status},
		{path: "/v1/events", get: a.events},
		{path: "/v1/openapi.json", get: a.openAPI},
		{path: "/checkpoint", get: a.checkpoint},
		{path: "/tile/{path...}", get: a.tile},
		{path: "/metrics", get: a.exposition},
		{path: "/healthz", get: a.health},
	}
}

// ServeHTTP picks the method's action.
func (e endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var do action
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		do = e.get
	case http.MethodPost:
		do = e.post
	case http.MethodOptions:
		w.Header().Set("Allow", e.allow())
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if do == nil {
		p := newProblem(badMethod, "this resource takes "+e.allow())
		p.header = [2]string{"Allow", e.allow()}
		p.write(w, r)
		return
	}
	if p := do(w, r); p != nil {
		p.write(w, r)
	}
}

func (e endpoint) allow() string {
	if e.post != nil {
		return "GET, HEAD, OPTIONS, POST"
	}
	return "GET, HEAD, OPTIONS"
}

// nowhere answers for paths that do not exist.
func (a *api) nowhere(w http.ResponseWriter, r *http.Request) {
	var paths []string
	for _, e := range a.endpoints() {
		paths = append(paths, e.path)
	}
	newProblem(notFound, unknownName("path", r.URL.Path, paths)+"; see /v1/openapi.json").write(w, r)
}

// guard turns away what must not reach a handler: other sites' pages, foreign
// host names, and paths that http.ServeMux would answer itself, in HTML.
func (a *api) guard(next http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		switch {
		case !knownHost(r.Host, a.hosts):
			newProblem(unknownHost, "this gateway is not known by the name \""+echo(r.Host)+
				"\"; use its address, or add the name to the host names in its configuration").write(w, r)
		case origins.Check(r) != nil:
			newProblem(crossOrigin, "a page of another site may not send records from a browser; send them from a program, or from a page this gateway's origin serves").write(w, r)
		case r.Method == http.MethodConnect || !isClean(r.URL.Path):
			newProblem(notFound, "no such path; see /v1/openapi.json").write(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// isClean reports whether p has no empty, "." or ".." elements.
func isClean(p string) bool {
	if p == "" || p[0] != '/' {
		return false
	}
	return p == "/" || path.Clean(p) == strings.TrimSuffix(p, "/")
}

// openAPIDocument is the OpenAPI 3.1 description of this package's handlers.
//
//go:embed openapi.json
var openAPIDocument []byte

func (a *api) openAPI(w http.ResponseWriter, r *http.Request) *problem {
	if _, p := parameters(r); p != nil {
		return p
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "max-age=3600")
	_, _ = w.Write(slices.Clip(openAPIDocument)) // a client that is gone needs no answer
	return nil
}
