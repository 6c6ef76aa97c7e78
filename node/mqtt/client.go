package mqtt

import (
	"context"
	"log/slog"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
	"github.com/floormesh/floormesh/node"
)

// publish is one message on its way into the ledger.
type publish struct {
	topic   string
	payload []byte
	id      uint16
	qos     byte
}

// pending is a publish that is being submitted.
type pending struct {
	publish

	statement statement
	receipt   node.Receipt // Err is set before submission if the publish says nothing
}

// client submits and acknowledges one client's publishes, in order.
type client struct {
	broker *Broker
	mqtt   *mochi.Client
	queue  chan publish

	complained bool // one refusal was logged
}

// client returns cl's, and starts it at the first publish: a connection's end is
// certain to be reported only if it got as far.
func (b *Broker) client(cl *mochi.Client) *client {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, ok := b.clients[cl]
	if !ok {
		c = &client{broker: b, mqtt: cl, queue: make(chan publish, maxInFlight)}
		b.clients[cl] = c
		b.workers.Go(c.run)
	}
	return c
}

// forget ends cl's client once it has done what is queued.
func (b *Broker) forget(cl *mochi.Client) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c, ok := b.clients[cl]; ok {
		delete(b.clients, cl)
		close(c.queue)
	}
}

// enqueue waits for room, which keeps the connection from being read any
// further. Publishes that come while the broker closes are lost, unacknowledged.
func (c *client) enqueue(p publish) {
	if c.broker.waiting.Acquire(c.broker.ctx, int64(len(p.payload))) != nil {
		return
	}
	select {
	case c.queue <- p:
	case <-c.broker.ctx.Done():
		c.broker.waiting.Release(int64(len(p.payload)))
	}
}

// run submits all that is queued together, again and again: while one group is
// being stored the next one gathers.
func (c *client) run() {
	var group []pending
	for {
		var ok bool
		if group, ok = c.gather(group[:0]); !ok {
			return
		}
		c.submit(group)
		c.answer(group)
		for i := range group {
			c.broker.waiting.Release(int64(len(group[i].payload)))
		}
		clear(group)
	}
}

// gather waits for a publish and appends it, and all that are queued behind it. It
// reports false when there will be no more.
func (c *client) gather(group []pending) ([]pending, bool) {
	select {
	case first, ok := <-c.queue:
		if !ok {
			return nil, false
		}
		group = append(group, pending{publish: first})
	case <-c.broker.ctx.Done():
		return nil, false
	}
	for len(group) < maxInFlight {
		select {
		case p, ok := <-c.queue:
			if !ok {
				return group, true
			}
			group = append(group, pending{publish: p})
		default:
			return group, true
		}
	}
	return group, true
}

// submit fills in the receipts of group.
func (c *client) submit(group []pending) {
	var (
		raw         [][]byte
		packs       []senml.Pack
		signed, not []*pending
	)
	for i := range group {
		p := &group[i]
		p.statement, p.receipt.Err = parse(p.topic, p.payload, c.broker.stamps.Seconds)
		switch {
		case p.receipt.Err != nil:
		case p.statement.cose != nil:
			raw, signed = append(raw, p.statement.cose), append(signed, p)
		default:
			packs, not = append(packs, p.statement.pack), append(not, p)
		}
	}
	ctx, cancel := context.WithTimeout(c.broker.ctx, submitTimeout)
	defer cancel()
	if len(raw) > 0 {
		distribute(signed, c.broker.gateway.Submit(ctx, dag.LaneReadings, raw))
	}
	if len(packs) > 0 {
		distribute(not, c.broker.gateway.Attest(ctx, dag.LaneReadings, packs))
	}
}

// distribute hands receipts to the publishes that they are for. A gateway
// that loses some must not cause acknowledgements.
func distribute(group []*pending, receipts []node.Receipt) {
	for i, p := range group {
		if len(receipts) != len(group) {
			p.receipt.Err = context.Canceled // not known to be stored
			continue
		}
		p.receipt = receipts[i]
	}
}

// answer acknowledges group in order. A client of MQTT 3.1.1 is disconnected at
// the first publish of QoS 1 or 2 that was refused: all it can learn is that
// this one, and those after it, are not acknowledged.
func (c *client) answer(group []pending) {
	for i := range group {
		p := &group[i]
		c.count(p)
		code := packets.CodeSuccess
		if err := p.receipt.Err; err != nil {
			code = reason(err)
			c.complain(p, code)
		}
		if p.qos == 0 || c.mqtt.Closed() {
			continue
		}
		if p.receipt.Err != nil && c.mqtt.Properties.ProtocolVersion < 5 {
			c.mqtt.Stop(code)
			continue
		}
		if err := c.broker.acknowledge(c.mqtt, p, code); err != nil {
			c.mqtt.Stop(err)
		}
	}
}

func (c *client) count(p *pending) {
	outcome := outcomeStored
	switch {
	case p.receipt.Err == nil && p.receipt.Known:
		outcome = outcomeKnown
	case p.receipt.Err != nil && p.qos == 0:
		outcome = outcomeDropped
	case p.receipt.Err != nil:
		outcome = outcomeRefused
	}
	c.broker.metrics.publishes.WithLabelValues(outcome).Inc()
}

// complain logs a refusal: the first of a connection for the operator, who may
// have to mend a sensor, the others for who looks closer.
func (c *client) complain(p *pending, code packets.Code) {
	level := slog.LevelDebug
	if !c.complained {
		level, c.complained = slog.LevelWarn, true
	}
	c.broker.log.LogAttrs(c.broker.ctx, level, "mqtt publish refused",
		slog.String("client", quote(c.mqtt.ID)), slog.String("topic", quote(p.topic)),
		slog.Int("qos", int(p.qos)), slog.String("reason", code.Reason))
}
