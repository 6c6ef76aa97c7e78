package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics counts what passes this door. What the gateway behind it does, it
// counts itself.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	records  outcomes
	streams  prometheus.Gauge
	events   prometheus.Counter
}

// outcomes are the counters of floormesh_http_records_total: looking one up by
// its label costs more than adding to it.
type outcomes struct{ stored, known, refused prometheus.Counter }

func newMetrics(registry *prometheus.Registry) *metrics {
	records := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "floormesh_http_records_total",
		Help: "Records submitted over HTTP, by what became of them.",
	}, []string{"outcome"})
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "floormesh_http_requests_total",
			Help: "HTTP requests answered, by path and status code.",
		}, []string{"path", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "floormesh_http_request_duration_seconds",
			Help:    "Time from a request's header to the end of its answer, by path, without event streams.",
			Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 5, 15},
		}, []string{"path"}),
		records: outcomes{
			stored:  records.WithLabelValues("stored"),
			known:   records.WithLabelValues("known"),
			refused: records.WithLabelValues("refused"),
		},
		streams: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "floormesh_http_event_streams",
			Help: "Event streams open.",
		}),
		events: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "floormesh_http_events_total",
			Help: "Events sent on event streams.",
		}),
	}
	registry.MustRegister(m.requests, m.seconds, records, m.streams, m.events)
	return m
}

// observe counts the requests that next answers, under the path they matched:
// a caller's own path could be anything.
func (m *metrics) observe(path string, next http.Handler) http.Handler {
	seconds := m.seconds.WithLabelValues(path)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, rec := time.Now(), &recorder{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(rec, r)
		m.requests.WithLabelValues(path, strconv.Itoa(rec.code)).Inc()
		if path != "/v1/events" {
			seconds.Observe(time.Since(start).Seconds())
		}
	})
}

// recorder remembers the status code.
type recorder struct {
	http.ResponseWriter

	code int
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(code int) {
	r.code = code
	r.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// exposition answers GET /metrics. Scrapers add parameters of their own, so they are not checked.
func (a *api) exposition(w http.ResponseWriter, r *http.Request) *problem {
	promhttp.HandlerFor(a.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, // half a scrape is better than none
	}).ServeHTTP(w, r)
	return nil
}
