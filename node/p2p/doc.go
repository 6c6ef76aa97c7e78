// Package p2p carries messages between the gateways of one mesh over libp2p.
//
//	pool := verify.NewPool(genesis.Domain(), runtime.NumCPU(), rand.Reader)
//	t, err := p2p.New(p2p.Config{Key: key, Genesis: genesis, Peers: known}, pool, handler, log)
//	defer t.Close()
//	t.Broadcast(&message.Blocks{Blocks: fresh})
//
// # What it does
//
//   - It admits the node keys of the genesis and nobody else: a connection
//     gater refuses strangers right after the security handshake, inbound and
//     outbound.
//   - To every other gateway it keeps two streams: "consensus" for what is
//     urgent and small, "bulk" for answers, so that a long answer does not delay
//     a block. See sync/PROTOCOL.md for their frames.
//   - It redials whoever it is not connected to, for ever: addresses come from
//     the configuration, from mDNS on the local network and from what peers said of themselves.
//   - It notices within some 5 seconds that a silent peer is gone.
//   - It gossips for gateways that have no direct connection.
//   - What arrives is decoded, bounded, verified by a verify.Pool and handed to the
//     Handler in the order of its stream. What breaks the protocol is counted
//     against its sender, who is shut out for a while after a few times.
//
// # What it does not do
//
// Delivery is best effort. Queues are bounded, and what does not fit is dropped
// and counted: the protocol above asks again for whatever it misses. Nothing is sent
// to a peer that is not connected, and nothing is kept for when it is.
//
// # Design
//
// The host is put together from parts instead of by libp2p.New, which links
// WebRTC and WebTransport whether used or not. TCP is dialled before QUIC: over
// loopback a message of 1 kB costs 7 µs of CPU on it (both ends, with decoding
// and verification's queue), 17 on QUIC, and arrives sooner.
//
// Gossip costs more than direct streams: in a mesh of four a batch of five records costs 150 µs
// of CPU per delivery over streams and 330 over gossip, of which 80 to 100 are
// its signatures (BenchmarkFreshBatch), and gossip sends it about three times
// over the wire. So gossip is used
// only where it reaches somebody whom streams do not: every gateway tells its
// neighbours whom it is connected to, and Gossip publishes if some gateway is
// not connected here but is connected to a neighbour. A gateway that is
// switched off, which nobody is connected to, thus does not turn gossip on.
// GossipAlways turns it on regardless.
package p2p
