// Package mqtt is a gateway's MQTT door: an embedded broker (MQTT 3.1.1 and 5)
// whose publishes become records and which delivers nothing.
//
//	broker, err := mqtt.Listen("127.0.0.1:1883", gateway, mqtt.Options{Logger: log})
//
// and then
//
//	mosquitto_pub -q 1 -t readings/press-7/oil -m 61.5
//
// # Topics
//
//   - floormesh/cose: the payload is one COSE message that the device signed.
//   - readings/<device>/<measurement>: the payload is a plain number, read now, or a
//     SenML-JSON pack (RFC 8428), a JSON array. The gateway signs for the device, and the
//     record says so. A measurement may have further levels, as in
//     readings/press-7/motor/temperature. Device and measurement have the characters of SenML
//     names: letters, digits and - : . _, of which the first is a letter or a digit.
//     Names in a pack may be whole, press-7/oil, or leave out the device, or be missing: then all its values are
//     of the topic's measurement. A pack of another device than the topic's is refused.
//
// Anything else is refused. Nobody can subscribe: readings are read over HTTP,
// where they are final. The retain flag has no meaning here and is ignored. A
// will on one of these topics is submitted when its client is lost, like a
// publish of QoS 0; its delay is not observed.
//
// # Acknowledgement
//
// PUBACK (QoS 1) and PUBREC (QoS 2) are sent once the record is durable, and in
// the order of the publishes. A publish that cannot be stored is answered, in MQTT 5, by a
// reason code with a reason string: 0x99 what is wrong with the payload, 0x90 with the topic,
// 0x87 that its signer may not write here, 0x97 that too much waits, 0x83 that this gateway has stopped
// accepting records or did not store it in time. MQTT 3.1.1 has no way to say no: the client
// is disconnected without an acknowledgement, and the log says why. QoS 0
// is accepted as well as it can be; what could not be stored is counted and,
// once per connection, logged.
//
// A client that reconnects sends again what was not acknowledged. For a COSE
// message that changes nothing. A plain number may be recorded twice then, with two times,
// whatever its QoS: exactly once ends where a gateway is lost, and MQTT's
// sessions are kept in memory, for an hour.
//
// # Throughput of one client
//
// Publishes are taken off a connection while earlier ones are being stored, up to
// 256 of them, and everything that waits is submitted together. So one
// client reaches what it has in flight per time to store: with a gateway that takes 5 ms, one
// that waits for each PUBACK before it publishes again got 180/s, with 16 in
// flight 1,800/s, with 256 16,000/s (2 cores, client included).
//
// # What it does not do
//
// It knows no users, no TLS, no WebSocket: binding to loopback by default, and
// what stands in front when it is not, is the caller's. It bridges to nowhere.
//
// # Design
//
// mochi-mqtt calls its OnPublish hook on the goroutine that reads the connection and
// acknowledges when the hook returns. Waiting in the hook would hold back PUBACK,
// but also every later publish of that client. So the hook takes the
// publish away from the broker (ErrRejectPacket means: do nothing more), and one
// goroutine per publishing client submits and acknowledges. The library's own answers to a hook's error would not do
// either: for MQTT 3.1.1 it acknowledges all the same, and for QoS 2 it
// sends PUBACK. Two further traps shape the code: a hook that touches a
// client's in-flight table from another goroutine can deadlock with the library's
// nested read lock, unless the client's send quota is zero; and a connection
// that never says CONNECT has no deadline and keeps the server from closing, so the listener is our own.
package mqtt
