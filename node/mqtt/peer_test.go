package mqtt

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// peer is an MQTT client that does what it is told, packet by packet.
type peer struct {
	t       testing.TB
	version byte
	conn    net.Conn
	in      *bufio.Reader
}

func dial(t testing.TB, b *Broker) *peer {
	t.Helper()
	c, err := net.Dial("tcp", b.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &peer{t: t, conn: c, in: bufio.NewReader(c)}
}

// connect says CONNECT and returns the CONNACK.
func connect(t testing.TB, b *Broker, version byte, change func(*packets.Packet)) (*peer, packets.Packet) {
	t.Helper()
	p := dial(t, b)
	p.version = version
	pk := packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Connect},
		Connect:     packets.ConnectParams{ProtocolName: []byte("MQTT"), Clean: true, Keepalive: 60, ClientIdentifier: "sensor-1"},
	}
	if change != nil {
		change(&pk)
	}
	p.send(pk)
	ack := p.read()
	if ack.FixedHeader.Type != packets.Connack {
		t.Fatalf("got %+v, want CONNACK", ack)
	}
	return p, ack
}

func (p *peer) send(pk packets.Packet) {
	p.t.Helper()
	pk.ProtocolVersion = p.version
	var b bytes.Buffer
	var err error
	switch pk.FixedHeader.Type {
	case packets.Connect:
		err = pk.ConnectEncode(&b)
	case packets.Publish:
		err = pk.PublishEncode(&b)
	case packets.Pubrel:
		err = pk.PubrelEncode(&b)
	case packets.Subscribe:
		err = pk.SubscribeEncode(&b)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.conn.Write(b.Bytes()); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) publish(topic, payload string, qos byte, id uint16) {
	p.t.Helper()
	p.send(packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: qos},
		TopicName:   topic, Payload: []byte(payload), PacketID: id,
	})
}

// read returns the next packet, or one of type 0 when the connection has ended.
func (p *peer) read() packets.Packet {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	first, err := p.in.ReadByte()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		p.t.Fatal("no packet within 20 s")
	}
	if err != nil {
		return packets.Packet{}
	}
	var pk packets.Packet
	pk.ProtocolVersion = p.version
	if err := pk.FixedHeader.Decode(first); err != nil {
		p.t.Fatal(err)
	}
	if pk.FixedHeader.Remaining, _, err = packets.DecodeLength(p.in); err != nil {
		p.t.Fatal(err)
	}
	body := make([]byte, pk.FixedHeader.Remaining)
	if _, err := io.ReadFull(p.in, body); err != nil {
		p.t.Fatal(err)
	}
	switch pk.FixedHeader.Type {
	case packets.Connack:
		err = pk.ConnackDecode(body)
	case packets.Puback:
		err = pk.PubackDecode(body)
	case packets.Pubrec:
		err = pk.PubrecDecode(body)
	case packets.Pubcomp:
		err = pk.PubcompDecode(body)
	case packets.Suback:
		err = pk.SubackDecode(body)
	case packets.Disconnect:
		err = pk.DisconnectDecode(body)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return pk
}

// silent reports that nothing arrives for a moment. A broker that would send too early does so at once.
func (p *peer) silent() bool {
	_ = p.conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	_, err := p.in.Peek(1)
	return errors.Is(err, os.ErrDeadlineExceeded)
}
