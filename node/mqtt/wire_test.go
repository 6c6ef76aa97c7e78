package mqtt

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// FuzzWire sends anything after a CONNECT: the broker goes on, for others too.
func FuzzWire(f *testing.F) {
	encode := func(pk packets.Packet, encode func(*packets.Packet, *bytes.Buffer) error) []byte {
		pk.ProtocolVersion = 5
		var b bytes.Buffer
		if err := encode(&pk, &b); err != nil {
			f.Fatal(err)
		}
		return b.Bytes()
	}
	hello := encode(packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Connect},
		Connect:     packets.ConnectParams{ProtocolName: []byte("MQTT"), Clean: true, ClientIdentifier: "x"},
	}, (*packets.Packet).ConnectEncode)
	publish := encode(packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 2}, TopicName: "readings/a/b", Payload: []byte("1"), PacketID: 1,
	}, (*packets.Packet).PublishEncode)
	f.Add(true, publish)
	f.Add(true, append(publish, 0x62, 2, 0, 1, 0xc0, 0, 0xe0, 0))
	f.Add(false, hello)
	f.Add(false, []byte{0x10, 0xff, 0xff, 0xff, 0x7f})
	b := listen(f, &fakeGateway{}, Options{})
	f.Fuzz(func(t *testing.T, greet bool, wire []byte) {
		c, err := net.Dial("tcp", b.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		if greet {
			wire = append(bytes.Clone(hello), wire...)
		}
		_, _ = c.Write(wire) // it may be cut off
		_ = c.(*net.TCPConn).CloseWrite()
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the broker does not close the connection")
		}
	})
}
