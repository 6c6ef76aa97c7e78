package mqtt

import "github.com/prometheus/client_golang/prometheus"

// What becomes of a publish, as metrics name it.
const (
	outcomeStored  = "stored"
	outcomeKnown   = "known"   // its record was here already
	outcomeRefused = "refused" // its client was told
	outcomeDropped = "dropped" // QoS 0: its client cannot be told
)

// metrics counts what passes this door.
type metrics struct {
	publishes *prometheus.CounterVec
	clients   prometheus.Gauge
}

func newMetrics(registry prometheus.Registerer) *metrics {
	m := &metrics{
		publishes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "floormesh_mqtt_publishes_total",
			Help: "MQTT publishes received, by what became of them.",
		}, []string{"outcome"}),
		clients: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "floormesh_mqtt_clients",
			Help: "MQTT clients connected.",
		}),
	}
	if registry != nil {
		registry.MustRegister(m.publishes, m.clients)
	}
	return m
}
