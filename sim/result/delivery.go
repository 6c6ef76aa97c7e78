package result

import (
	"cmp"
	"slices"
)

// A Delivery is the first time that a node got a message.
type Delivery struct {
	Message   Message `parquet:"message"`
	Kind      string  `parquet:"kind,dict"`
	Node      Node    `parquet:"node"`
	Published Instant `parquet:"published_ns"`
	At        Instant `parquet:"at_ns"`
	Hops      uint32  `parquet:"hops"`
}

// delivery is a Delivery while the run goes.
type delivery struct {
	message       Message
	published, at Instant
	node          Node
	kind          Kind
	hops          uint32
}

// deliveries keeps all deliveries of a random sample of messages. Whether a message is in
// the sample depends on its number and on how thin the sample is, nothing
// else: so whole messages are kept, and partitions agree on which.
type deliveries struct {
	thin uint8 // one message in 2^thin is kept
	rows []delivery
}

func (d *deliveries) keeps(m Message) bool { return mix(uint64(m))<<(64-d.thin) == 0 }

func (d *deliveries) add(row delivery) {
	if !d.keeps(row.message) {
		return
	}
	d.rows = append(d.rows, row)
	for len(d.rows) > maxDeliveries {
		d.thinOut(d.thin + 1)
	}
}

// thinOut drops the messages that a thinner sample would not have kept.
func (d *deliveries) thinOut(thin uint8) {
	d.thin = thin
	d.rows = slices.DeleteFunc(d.rows, func(r delivery) bool { return !d.keeps(r.message) })
}

func (d *deliveries) merge(o *deliveries) {
	thin := max(d.thin, o.thin)
	d.thinOut(thin)
	o.thinOut(thin)
	d.rows = append(d.rows, o.rows...)
	for len(d.rows) > maxDeliveries {
		d.thinOut(d.thin + 1)
	}
}

// sorted returns the sample by message, then by time.
func (d *deliveries) sorted(kinds []string) []Delivery {
	slices.SortFunc(d.rows, func(a, b delivery) int {
		return cmp.Or(cmp.Compare(a.published, b.published), cmp.Compare(a.message, b.message), cmp.Compare(a.at, b.at), cmp.Compare(a.node, b.node))
	})
	out := make([]Delivery, len(d.rows))
	for i, r := range d.rows {
		out[i] = Delivery{Message: r.message, Kind: kinds[r.kind], Node: r.node, Published: r.published, At: r.at, Hops: r.hops}
	}
	return out
}
