// Package node drives a replica.Replica in the real world.
//
//	mesh, err := node.Init(dir, node.InitOptions{Mesh: "plant", Site: "hall-3", Gateways: 4})
//	n, err := node.Open(filepath.Join(dir, "gw1"), node.Options{Logger: log})
//	defer n.Close()
//	go n.Run(ctx)
//	receipts := n.Submit(ctx, dag.LaneReadings, [][]byte{record})
//
// # Shape
//
//	Submit ── verify ──┐                    ┌── store: apply, apply, sync
//	links (p2p) ───────┼── loop ── writer ──┼── network: send, broadcast, gossip
//	reads (disk) ──────┤    │               ├── tickets: answers for Submit
//	alarm ─────────────┘  Replica           ├── reads: serve peers, load payload
//	        what is durable ◀───────────────┴── progress ── views, events, metrics
//
// One goroutine, the loop, owns the Replica. It joins what is queued into as few
// inputs as it can and hands the outputs to the writer.
//
// The writer carries outputs out in order behind one group commit, see writer.
// While it syncs, the loop goes on.
//
// # Contract
//
//   - A Receipt without an error is given when the record is durable here, and
//     not before. An error says that it was turned away, or that it is not known
//     whether it was stored: then submitting it again does no harm.
//   - Nobody is told of a record that is neither durable here nor final: views
//     hide what the disk shows already (see progress). What is final is so for the
//     whole mesh; after a crash this node may take a moment to know it again.
//   - When the disk fails, nothing more is accepted, sent or signed; who waits is
//     told ErrStopped; reads go on. What was acknowledged is on the disk.
//   - A gateway that has signed and lost its store does not start (ErrLostStore).
//   - Everything that waits is bounded, see limits.go.
//
// # What it does not do
//
// It decides nothing about the protocol (consensus/replica does), and opens no
// doors: node/api and node/mqtt serve a Gateway to the plant.
//
// # Design
//
// Loop and writer could wait for each other if both their queues were bounded
// by blocking. So the writer's queue never blocks; instead, while it is long,
// the loop takes only what the Replica itself has caused. What is durable is a
// number and not a message: the newest one says all.
//
// One sync serves all Persists at hand, also those behind an output that waits
// for it, and nothing is synced that nothing waits for: one sync per round,
// where syncing each group of outputs takes 2.7.
package node
