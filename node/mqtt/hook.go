package mqtt

import (
	"log/slog"
	"sync/atomic"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// hook is where the library asks. Except for OnWillSent it is called on the
// goroutine that reads the client's connection.
type hook struct {
	mochi.HookBase

	broker *Broker
}

// ID names the hook.
func (h *hook) ID() string { return "floormesh" }

// Provides lists the methods below.
func (h *hook) Provides(method byte) bool {
	switch method {
	case mochi.OnConnect, mochi.OnConnectAuthenticate, mochi.OnSessionEstablished, mochi.OnACLCheck,
		mochi.OnPublish, mochi.OnWill, mochi.OnWillSent, mochi.OnDisconnect:
		return true
	}
	return false
}

// OnConnect applies the bounds on what is kept for a client.
func (h *hook) OnConnect(cl *mochi.Client, _ packets.Packet) error {
	if len(cl.ID) > maxClientIDBytes {
		return h.refuse(cl, packets.ErrClientIdentifierNotValid)
	}
	if _, known := h.broker.server.Clients.Get(cl.ID); !known && h.broker.server.Clients.Len() >= maxSessions {
		if cl.Properties.ProtocolVersion < 5 {
			return h.refuse(cl, packets.ErrServerUnavailable)
		}
		return h.refuse(cl, packets.ErrServerBusy)
	}
	const longest = uint16(maxKeepAlive / time.Second)
	if cl.State.Keepalive == 0 || cl.State.Keepalive > longest {
		cl.State.Keepalive, cl.State.ServerKeepalive = longest, true // MQTT 5 clients are told
	}
	cl.Properties.Will.WillDelayInterval = 0 // a delayed will would come without its client
	return nil
}

// refuse answers a CONNECT that the library would leave without an answer.
func (h *hook) refuse(cl *mochi.Client, code packets.Code) error {
	_ = h.broker.server.SendConnack(cl, code, false, nil) // it is being disconnected
	return code
}

// OnConnectAuthenticate lets everybody in: who may write is a matter of
// signatures for messages, and of who can reach this address for readings.
func (h *hook) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }

// OnSessionEstablished makes it safe to touch the in-flight table from the
// client's own goroutine: with a send quota the library would look for messages
// to send under a nested read lock, which a writer in between turns into a deadlock.
func (h *hook) OnSessionEstablished(cl *mochi.Client, _ packets.Packet) {
	cl.State.Inflight.ResetSendQuota(0)
	h.broker.metrics.clients.Inc()
}

// OnACLCheck refuses all subscriptions. Publishes are judged in OnPublish,
// which can say why, and which knows the topic that an alias stands for.
func (h *hook) OnACLCheck(_ *mochi.Client, _ string, write bool) bool { return write }

// OnPublish takes the publish over; the broker does nothing more with it.
func (h *hook) OnPublish(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	c := h.broker.client(cl)
	if pk.FixedHeader.Qos == 2 && cl.State.Inflight.Len() >= maxInFlight {
		// Neither does it read on: the packet that a client releases by is behind this one.
		h.broker.log.Warn("mqtt client leaves too many publishes unreleased", slog.String("client", quote(cl.ID)))
		_ = h.broker.server.DisconnectClient(cl, packets.ErrReceiveMaximum)
		return pk, packets.ErrRejectPacket
	}
	c.enqueue(publish{topic: pk.TopicName, payload: pk.Payload, id: pk.PacketID, qos: pk.FixedHeader.Qos})
	return pk, packets.ErrRejectPacket
}

// OnWill keeps the library from retaining a will.
func (h *hook) OnWill(_ *mochi.Client, will mochi.Will) (mochi.Will, error) {
	will.Retain = false
	return will, nil
}

// OnWillSent submits a lost client's will.
func (h *hook) OnWillSent(cl *mochi.Client, pk packets.Packet) {
	h.broker.client(cl).enqueue(publish{topic: pk.TopicName, payload: pk.Payload})
}

// OnDisconnect lets a client's goroutine finish what it has.
func (h *hook) OnDisconnect(cl *mochi.Client, _ error, _ bool) {
	h.broker.metrics.clients.Dec()
	h.broker.forget(cl)
}

// acknowledge answers a publish of QoS 1 or 2: with success, or for MQTT 5 with
// a reason code. It is called from the client's own goroutine.
func (b *Broker) acknowledge(cl *mochi.Client, p *pending, code packets.Code) error {
	ack := packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Puback},
		PacketID:    p.id,
		ReasonCode:  code.Code,
		Created:     time.Now().Unix(),
	}
	if code.Code >= packets.ErrUnspecifiedError.Code {
		ack.Properties.ReasonString = code.Reason
	}
	if p.qos == 2 {
		ack.FixedHeader.Type = packets.Pubrec
		// The library answers the PUBREL, and repeats PUBREC to a client that
		// reconnects, by what stands in this table.
		if code.Code < packets.ErrUnspecifiedError.Code && cl.State.Inflight.Set(ack) {
			atomic.AddInt64(&b.server.Info.Inflight, 1)
		}
	}
	return cl.WritePacket(ack)
}
