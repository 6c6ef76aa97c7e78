package node

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/floormesh/floormesh/node/p2p"
)

// Collector returns the node's metrics for a Prometheus registry. Everything is
// read when it is asked for; nothing runs between two scrapes.
func (n *Node) Collector() prometheus.Collector { return &collector{node: n, metrics: newMetrics()} }

type collector struct {
	node    *Node
	metrics metrics
}

// metrics describes what is exposed. Names end in their unit.
type metrics struct {
	inputs, outputs, received, syncs, servesDropped *prometheus.Desc
	submitted, records, logLeaves, certifiedLeaves  *prometheus.Desc
	commit, round, peers, healthy, alarms           *prometheus.Desc
	wireBytes, wireMessages, wireDropped, blames    *prometheus.Desc
}

func newMetrics() metrics {
	d := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("floormesh_"+name, help, labels, nil)
	}
	return metrics{
		inputs:          d("replica_inputs_total", "Inputs given to the replica."),
		outputs:         d("replica_outputs_total", "Outputs of the replica carried out, by kind.", "kind"),
		received:        d("messages_received_total", "Messages received from gateways and verified, by kind.", "kind"),
		syncs:           d("disk_syncs_total", "Times the disk was made durable."),
		servesDropped:   d("requests_dropped_total", "Requests of other gateways dropped, by reason: too many at once, or more than a gateway's share of bytes.", "reason"),
		submitted:       d("submitted_records_total", "Records submitted here, by what became of them.", "outcome"),
		records:         d("records", "Records held here, by how far they have come.", "status"),
		logLeaves:       d("log_leaves", "Leaves of the log."),
		certifiedLeaves: d("certified_leaves", "Leaves that a certified checkpoint covers."),
		commit:          d("commit_index", "Last commit executed."),
		round:           d("round_number", "Highest round of a block held here."),
		peers:           d("peer_connected", "Whether another gateway is connected.", "peer"),
		healthy:         d("healthy", "1 while this gateway accepts records."),
		alarms:          d("alarms", "Alarms that an operator must look at."),
		wireBytes:       d("wire_bytes_total", "Bytes on direct streams to gateways, after compression.", "direction"),
		wireMessages:    d("wire_messages_total", "Messages on direct streams to gateways.", "direction"),
		wireDropped:     d("wire_dropped_total", "Messages to gateways that were dropped, by reason.", "reason"),
		blames:          d("blames_total", "Offences of other gateways."),
	}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, to) }

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	x := exposition{to}
	c.collectCounts(x)
	c.collectStatus(x)
	select {
	case <-c.node.ready:
		c.collectWire(x, c.node.net.Stats())
	default:
	}
}

func (c *collector) collectCounts(x exposition) {
	m, n := &c.metrics, c.node.count
	x.counter(m.inputs, n.inputs.Load())
	for kind, name := range outputNames() {
		x.counter(m.outputs, n.outputs[kind].Load(), name)
	}
	for kind, name := range messageNames() {
		x.counter(m.received, n.received[kind].Load(), name)
	}
	x.counter(m.syncs, n.syncs.Load())
	x.counter(m.servesDropped, n.servesDropped.Load(), "busy")
	x.counter(m.servesDropped, n.servesCurbed.Load(), "share")
	x.counter(m.submitted, n.accepted.Load(), "accepted")
	x.counter(m.submitted, n.known.Load(), "known")
	x.counter(m.submitted, n.refused.Load(), "refused")
}

func (c *collector) collectStatus(x exposition) {
	m, s := &c.metrics, c.node.Status()
	x.gauge(m.records, s.Stored, string(StatusStored))
	x.gauge(m.records, s.Replicated, string(StatusReplicated))
	x.gauge(m.records, s.Final, string(StatusFinal))
	x.gauge(m.logLeaves, s.LogSize)
	x.gauge(m.certifiedLeaves, s.CertifiedSize)
	x.gauge(m.commit, uint64(s.Commit))
	x.gauge(m.round, uint64(s.Round))
	for i := range s.Peers {
		x.gauge(m.peers, oneIf(s.Peers[i].Connected), s.Peers[i].Name)
	}
	x.gauge(m.healthy, oneIf(s.Healthy))
	x.gauge(m.alarms, uint64(len(s.Alarms)))
}

func (c *collector) collectWire(x exposition, s p2p.Stats) {
	m := &c.metrics
	x.counter(m.wireBytes, s.BytesIn, "in")
	x.counter(m.wireBytes, s.BytesOut, "out")
	x.counter(m.wireMessages, s.MessagesIn, "in")
	x.counter(m.wireMessages, s.MessagesOut, "out")
	x.counter(m.wireDropped, s.DroppedFull, "full")
	x.counter(m.wireDropped, s.DroppedUnreachable, "unreachable")
	x.counter(m.wireDropped, s.DroppedOversized, "oversized")
	x.counter(m.wireDropped, s.GossipDropped, "gossip")
	x.counter(m.blames, s.Blames)
}

// exposition sends values to a scrape.
type exposition struct{ to chan<- prometheus.Metric }

func (x exposition) counter(d *prometheus.Desc, v uint64, labels ...string) {
	x.to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
}

func (x exposition) gauge(d *prometheus.Desc, v uint64, labels ...string) {
	x.to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), labels...)
}

func oneIf(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
