package demo

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// connection publishes over MQTT 3.1.1 with QoS 1, one publish at a time: the
// little that a sensor needs.
type connection struct {
	conn net.Conn
	in   *bufio.Reader
	next uint16 // packet identifier
}

// Packet types in the high half of a packet's first byte (MQTT 3.1.1 section 2.2.1).
const (
	typeConnect = 0x10
	typeConnack = 0x20
	typePublish = 0x30
	typePuback  = 0x40
	qos1        = 0x02
)

// connect opens a session that ends with the connection.
func connect(addr, id string) (*connection, error) {
	conn, err := net.DialTimeout("tcp", addr, ackTimeout)
	if err != nil {
		return nil, err
	}
	c := &connection{conn: conn, in: bufio.NewReader(conn)}
	const version, cleanSession, keepAliveSeconds = 4, 0x02, 30
	body := appendText(nil, "MQTT")
	body = append(body, version, cleanSession, 0, keepAliveSeconds)
	body = appendText(body, id)
	answer, err := c.exchange(typeConnect, body, typeConnack)
	if err == nil && answer[1] != 0 {
		err = fmt.Errorf("connection refused with code %d", answer[1])
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return c, nil
}

// publish sends a message and returns once it is acknowledged.
func (c *connection) publish(topic string, payload []byte) error {
	c.next = max(1, c.next+1)
	body := appendText(nil, topic)
	body = binary.BigEndian.AppendUint16(body, c.next)
	body = append(body, payload...)
	answer, err := c.exchange(typePublish|qos1, body, typePuback)
	if err == nil && binary.BigEndian.Uint16(answer[:]) != c.next {
		err = errors.New("acknowledgement of another publish")
	}
	return err
}

// exchange sends a packet and reads the answer, whose body has two bytes.
func (c *connection) exchange(first byte, body []byte, want byte) (answer [2]byte, err error) {
	if err := c.conn.SetDeadline(time.Now().Add(ackTimeout)); err != nil {
		return answer, err
	}
	packet := binary.AppendUvarint([]byte{first}, uint64(len(body))) // the same form as MQTT's lengths
	if _, err := c.conn.Write(append(packet, body...)); err != nil {
		return answer, err
	}
	var head [2]byte
	if _, err := io.ReadFull(c.in, head[:]); err != nil {
		return answer, err
	}
	if head[0] != want || head[1] != byte(len(answer)) {
		return answer, fmt.Errorf("unexpected packet %x", head)
	}
	_, err = io.ReadFull(c.in, answer[:])
	return answer, err
}

func (c *connection) close() { _ = c.conn.Close() } // what is not acknowledged is sent again anyway

func appendText(to []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint16(to, uint16(len(text))), text...) //nolint:gosec // short names of ours
}
