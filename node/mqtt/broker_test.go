package mqtt

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mochi-mqtt/server/v2/packets"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/floormesh/floormesh/node"
)

// listen runs a broker until the test ends.
func listen(t testing.TB, f node.Gateway, o Options) *Broker {
	t.Helper()
	b, err := Listen("127.0.0.1:0", f, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func version(v byte) func(*packets.Packet) {
	return func(pk *packets.Packet) { pk.ProtocolVersion = v }
}

// TestAckAfterStored: no PUBACK and no PUBREC before the gateway has said so.
func TestAckAfterStored(t *testing.T) {
	for _, v := range []byte{4, 5} {
		for _, qos := range []byte{1, 2} {
			t.Run(fmt.Sprintf("version %d, qos %d", v, qos), func(t *testing.T) {
				f := &fakeGateway{arrived: make(chan struct{}, 8), release: make(chan struct{}, 8)}
				p, _ := connect(t, listen(t, f, Options{}), v, version(v))
				p.publish("readings/press-7/oil", "61.5", qos, 7)
				<-f.arrived
				if !p.silent() {
					t.Fatal("answered before the gateway did")
				}
				f.release <- struct{}{}
				want := packets.Puback
				if qos == 2 {
					want = packets.Pubrec
				}
				if got := p.read(); got.FixedHeader.Type != want || got.PacketID != 7 || got.ReasonCode != 0 {
					t.Fatalf("got %+v", got)
				}
				if qos == 2 {
					p.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pubrel, Qos: 1}, PacketID: 7})
					if got := p.read(); got.FixedHeader.Type != packets.Pubcomp || got.PacketID != 7 || got.ReasonCode != 0 {
						t.Fatalf("got %+v", got)
					}
				}
				names, values := f.stored(t)
				if !slices.Equal(names, []string{"press-7/oil"}) || values[0] != 61.5 {
					t.Errorf("stored %v %v", names, values)
				}
			})
		}
	}
}

// TestManyInFlight: one client's publishes are stored together while it goes on
// publishing, and acknowledged in order.
func TestManyInFlight(t *testing.T) {
	const publishes = 200
	f := &fakeGateway{arrived: make(chan struct{}, publishes), release: make(chan struct{}, publishes)}
	p, _ := connect(t, listen(t, f, Options{}), 5, version(5))
	for i := range publishes {
		p.publish("readings/press-7/oil", fmt.Sprint(i), 1, uint16(i+1))
		if i == 0 {
			<-f.arrived // the first is being stored
		}
	}
	go func() {
		for range publishes {
			f.release <- struct{}{}
		}
	}()
	for i := range publishes {
		if got := p.read(); got.FixedHeader.Type != packets.Puback || got.PacketID != uint16(i+1) {
			t.Fatalf("answer %d: %+v", i, got)
		}
	}
	_, values := f.stored(t)
	if len(values) != publishes || !slices.IsSorted(values) {
		t.Errorf("stored %v", values)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calls > publishes/2 {
		t.Errorf("%d submissions for %d publishes", f.calls, publishes)
	}
}

func TestRefusals(t *testing.T) {
	raw := string(signedReading(t))
	for _, c := range []struct {
		name, topic, payload string
		refuse               error
		code                 byte
		says                 string
	}{
		{name: "topic", topic: "sensors/x", payload: "1", code: 0x90, says: "readings/<device>/<measurement>"},
		{name: "no measurement", topic: "readings/press-7", payload: "1", code: 0x90, says: "measurement"},
		{name: "name", topic: "readings/press 7/oil", payload: "1", code: 0x90, says: "letters, digits"},
		{name: "words", topic: "readings/press-7/oil", payload: "warm", code: 0x99, says: "neither a number"},
		{name: "pack", topic: "readings/press-7/oil", payload: `[{"n":"oil"}]`, code: 0x99, says: "neither value nor sum"},
		{name: "other device", topic: "readings/press-7/oil", payload: `[{"bn":"press-8/","n":"oil","v":1}]`, code: 0x99, says: "press-8"},
		{name: "no cose", topic: "floormesh/cose", payload: "x", code: 0x99, says: "encod"},
		{name: "empty cose", topic: "floormesh/cose", payload: "", code: 0x99, says: "empty"},
		{name: "signature", topic: "floormesh/cose", payload: raw[:len(raw)-1] + "\x00", code: 0x99, says: "signature"},
		{name: "not entitled", topic: "floormesh/cose", payload: raw, refuse: node.ErrNotEntitled, code: 0x87, says: "enrol"},
		{name: "overloaded", topic: "readings/press-7/oil", payload: "1", refuse: node.ErrOverloaded, code: 0x97, says: "pause"},
		{name: "stopped", topic: "readings/press-7/oil", payload: "1", refuse: fmt.Errorf("%w: disk full", node.ErrStopped), code: 0x83, says: "disk full"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := listen(t, &fakeGateway{refuse: c.refuse}, Options{})
			for _, qos := range []byte{1, 2} {
				p, _ := connect(t, b, 5, version(5))
				p.publish(c.topic, c.payload, qos, 3)
				want := packets.Puback
				if qos == 2 {
					want = packets.Pubrec
				}
				got := p.read()
				if got.FixedHeader.Type != want || got.PacketID != 3 || got.ReasonCode != c.code || !strings.Contains(got.Properties.ReasonString, c.says) {
					t.Errorf("MQTT 5, QoS %d: type %d, packet %d, reason %#x %q", qos, got.FixedHeader.Type, got.PacketID, got.ReasonCode, got.Properties.ReasonString)
				}
				// The connection lives, and so does the packet identifier.
				p.publish("sensors/x", "1", 1, 3)
				if got := p.read(); got.FixedHeader.Type != packets.Puback || got.ReasonCode != 0x90 {
					t.Errorf("MQTT 5, after the refusal: %+v", got)
				}

				p, _ = connect(t, b, 4, version(4))
				p.publish(c.topic, c.payload, qos, 3)
				if got := p.read(); got.FixedHeader.Type != 0 {
					t.Errorf("MQTT 3.1.1, QoS %d: got %+v, want the connection closed", qos, got)
				}
			}
		})
	}
}

// TestForgetfulGateway: a gateway that loses receipts causes no acknowledgement.
func TestForgetfulGateway(t *testing.T) {
	p, _ := connect(t, listen(t, &fakeGateway{forget: true}, Options{}), 5, version(5))
	p.publish("floormesh/cose", string(signedReading(t)), 1, 1)
	if got := p.read(); got.ReasonCode != 0x83 {
		t.Errorf("got %+v", got)
	}
}

func TestCounts(t *testing.T) {
	registry := prometheus.NewRegistry()
	var log syncBuffer
	f := &fakeGateway{}
	b := listen(t, f, Options{Registerer: registry, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	p, _ := connect(t, b, 5, version(5))
	raw := string(signedReading(t))
	p.publish("nowhere", "secret", 0, 0)
	p.publish("nowhere", "secret", 0, 0)
	p.publish("readings/press-7/oil", "1", 0, 0)
	p.publish("floormesh/cose", raw, 0, 0)
	p.publish("floormesh/cose", raw, 0, 0)
	p.publish("nowhere", "secret", 1, 1) // the last to be answered
	p.read()
	got := map[string]float64{}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			got[label(m)] += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	want := map[string]float64{"stored": 2, "known": 1, "dropped": 2, "refused": 1, "": 1}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// One line per connection at WARN, and nobody's payload.
	if text := log.String(); strings.Count(text, "publish refused") != 1 || strings.Contains(text, "secret") || strings.Contains(text, "mochi") {
		t.Errorf("log: %s", text)
	}
}

func label(m *dto.Metric) string {
	if len(m.GetLabel()) == 0 {
		return ""
	}
	return m.GetLabel()[0].GetValue()
}

// syncBuffer collects a log written by several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestSubscribersGetNothing(t *testing.T) {
	b := listen(t, &fakeGateway{}, Options{})
	for _, v := range []byte{4, 5} {
		p, _ := connect(t, b, v, version(v))
		p.send(packets.Packet{
			FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: 1,
			Filters: packets.Subscriptions{{Filter: "#"}, {Filter: "$SYS/#"}, {Filter: "readings/+/oil"}},
		})
		got := p.read()
		want := []byte{0x87, 0x87, 0x87}
		if v < 5 {
			want = []byte{0x80, 0x80, 0x80}
		}
		if got.FixedHeader.Type != packets.Suback || !bytes.Equal(got.ReasonCodes, want) {
			t.Errorf("version %d: %+v", v, got)
		}
		p.publish("readings/press-7/oil", "1", 1, 2)
		if got := p.read(); got.FixedHeader.Type != packets.Puback {
			t.Errorf("got %+v", got)
		}
		if !p.silent() {
			t.Error("a subscriber got something")
		}
	}
}

// TestWill: a lost client's will is a reading, however retained and delayed.
func TestWill(t *testing.T) {
	f := &fakeGateway{arrived: make(chan struct{}, 1)}
	p, _ := connect(t, listen(t, f, Options{}), 5, func(pk *packets.Packet) {
		pk.ProtocolVersion = 5
		pk.Connect.WillFlag, pk.Connect.WillRetain = true, true
		pk.Connect.WillTopic, pk.Connect.WillPayload = "readings/press-7/online", []byte("0")
		pk.Connect.WillProperties.WillDelayInterval = 3600
	})
	_ = p.conn.Close()
	select {
	case <-f.arrived:
	case <-time.After(20 * time.Second):
		t.Fatal("no will within 20 s")
	}
}

func TestBounds(t *testing.T) {
	f := &fakeGateway{}
	b := listen(t, f, Options{})
	t.Run("packet size", func(t *testing.T) {
		p, _ := connect(t, b, 5, version(5))
		p.publish("floormesh/cose", strings.Repeat("x", maxPacketBytes), 0, 0)
		if got := p.read(); got.FixedHeader.Type != 0 && got.FixedHeader.Type != packets.Disconnect {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("client id", func(t *testing.T) {
		_, ack := connect(t, b, 5, func(pk *packets.Packet) {
			pk.ProtocolVersion, pk.Connect.ClientIdentifier = 5, strings.Repeat("x", maxClientIDBytes+1)
		})
		if ack.ReasonCode != 0x85 {
			t.Errorf("reason %#x", ack.ReasonCode)
		}
	})
	t.Run("keep alive and receive maximum", func(t *testing.T) {
		_, ack := connect(t, b, 5, func(pk *packets.Packet) { pk.ProtocolVersion, pk.Connect.Keepalive = 5, 0 })
		if ack.Properties.ServerKeepAlive != 3600 || ack.Properties.ReceiveMaximum != maxInFlight {
			t.Errorf("keep alive %d, receive maximum %d", ack.Properties.ServerKeepAlive, ack.Properties.ReceiveMaximum)
		}
	})
	t.Run("unreleased", func(t *testing.T) {
		p, _ := connect(t, b, 5, version(5))
		for i := range maxInFlight {
			p.publish("readings/press-7/oil", "1", 2, uint16(i+1))
			p.read()
		}
		p.publish("readings/press-7/oil", "1", 2, maxInFlight+1)
		if got := p.read(); got.FixedHeader.Type != packets.Disconnect || got.ReasonCode != 0x93 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("connections", func(t *testing.T) {
		b.listener.mu.Lock()
		for range maxConnections {
			b.listener.open[dummyConn{new(byte)}] = struct{}{}
		}
		b.listener.mu.Unlock()
		if got := dial(t, b).read(); got.FixedHeader.Type != 0 {
			t.Errorf("got %+v", got)
		}
		b.listener.mu.Lock()
		for c := range b.listener.open {
			if _, ok := c.(dummyConn); ok {
				delete(b.listener.open, c)
			}
		}
		b.listener.mu.Unlock()
	})
}

// TestSessionKeepsPubrec: a QoS 2 publish that was stored is not stored again
// when its client reconnects and sends it once more.
func TestSessionKeepsPubrec(t *testing.T) {
	f := &fakeGateway{}
	b := listen(t, f, Options{})
	keep := func(pk *packets.Packet) { pk.ProtocolVersion, pk.Connect.Clean = 4, false }
	p, _ := connect(t, b, 4, keep)
	p.publish("readings/press-7/oil", "1", 2, 9)
	p.read()
	_ = p.conn.Close()
	p, ack := connect(t, b, 4, keep)
	if !ack.SessionPresent {
		t.Error("the session is gone")
	}
	if got := p.read(); got.FixedHeader.Type != packets.Pubrec || got.PacketID != 9 {
		t.Errorf("got %+v", got)
	}
	p.publish("readings/press-7/oil", "1", 2, 9)
	if got := p.read(); got.FixedHeader.Type != packets.Pubrec || got.PacketID != 9 {
		t.Errorf("got %+v", got)
	}
	if names, _ := f.stored(t); len(names) != 1 {
		t.Errorf("stored %v", names)
	}
}

// TestClose: a broker closes with connections that never said CONNECT, with
// clients whose publishes hang in the gateway, and with queues that are full.
func TestClose(t *testing.T) {
	f := &fakeGateway{arrived: make(chan struct{}, 8), release: make(chan struct{})}
	b, err := Listen("127.0.0.1:0", f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	dial(t, b)
	p, _ := connect(t, b, 4, version(4))
	for i := range 3 * maxInFlight {
		p.publish("readings/press-7/oil", "1", 1, uint16(i+1))
	}
	<-f.arrived
	start := time.Now()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("closing took %s", d)
	}
	for got := p.read(); got.FixedHeader.Type != 0; got = p.read() {
		if got.FixedHeader.Type == packets.Puback {
			t.Fatal("acknowledged what was not stored")
		}
	}
	listen(t, f, Options{}) // nothing of the first is in the way
}

func TestAddressInUse(t *testing.T) {
	b := listen(t, &fakeGateway{}, Options{})
	if _, err := Listen(b.Addr().String(), &fakeGateway{}, Options{}); err == nil || !strings.Contains(err.Error(), "mqtt") {
		t.Errorf("got %v", err)
	}
}

func TestReasonIsBounded(t *testing.T) {
	code := reason(errors.New(strings.Repeat("é", 10_000)))
	if len(code.Reason) > maxReasonBytes+10 {
		t.Errorf("%d bytes", len(code.Reason))
	}
}

// BenchmarkOneClient publishes QoS 1 with the given number in flight through a
// gateway that takes 5 ms to store whatever it is given.
func BenchmarkOneClient(b *testing.B) {
	for _, inFlight := range []int{1, 16, maxInFlight} {
		b.Run(fmt.Sprintf("in flight %d", inFlight), func(b *testing.B) {
			broker := listen(b, slowGateway{}, Options{})
			p, _ := connect(b, broker, 5, version(5))
			payload := string(signedReading(b))
			sent, acked := 0, 0
			for b.Loop() {
				p.publish("floormesh/cose", payload, 1, uint16(sent%60000+1))
				for sent++; sent-acked >= inFlight; acked++ {
					p.read()
				}
			}
			for ; acked < sent; acked++ {
				p.read()
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "publishes/s")
		})
	}
}
