// Package network says when a message arrives, if it does.
//
//	regions, err := network.AWS().Pick([]string{"eu-central-1", "us-east-1"})
//	n, err := network.New(network.Config{
//		Seed: seed, Purpose: purposeLinks,
//		Sites: sites,         // of every node
//		Delay: regions.Delay, // from site to site
//		Up:    []network.Rate{20 * network.Mbit, 0}, // of the nodes of each site
//	})
//	at, ok := n.Send(now, from, to, bytes, &last, &flow) // where the sender runs
//	in := n.Receive(at, to, bytes)                  // where the receiver runs, at that instant
//
// # Model
//
// A message waits for the sender's uplink, is put on it bit by bit, travels, and
// waits for the receiver's downlink. Both are FIFO. The downlink takes bits in while the
// uplink gives them out, so that a free downlink costs nothing unless it is the slower one.
//
//	Send:     last bit leaves at  s = max(now, uplink free) + bytes/up
//	          arrives at          s + delay(site, site) + clogs + transport(bytes)
//	Receive:  is in at            max(arrival, downlink free + bytes/down)
//
// The transport term is what a window costs: a connection sends Window bytes, then
// twice as many each round trip (TCP's slow start), up to StreamWindow (yamux's, or
// the socket's); each round in which the window is out before the first acknowledgement
// is back, it stands still for the rest of the round trip. The window stays open until the
// connection has been idle for Idle. Warm connections have no term: leave Window 0.
//
// Loss hits a whole message. Over a reliable transport it is late instead of lost.
//
// # Faults
//
// A [Fault] cuts or slows what goes from one [Set] of nodes to another, both ways or one,
// always or on and off in turn. Begin and end faults only while no partition runs.
//
// # Memory and workers
//
// There are matrices by site and a few words by node, nothing by pair of nodes: the order
// of a connection and its [Flow] are kept by its owner, and given to Send. A node's uplink and
// stream of randomness are written by Send, its downlink by Receive: each by the partition
// that the node lies in.
package network
