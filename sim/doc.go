// Package sim runs whole meshes against a simulated network, clocks, disks and devices, breaks what can break, and checks what must hold.
//
//	plan := sim.Draw(17, sim.Options{})
//	result, err := sim.Run(plan, nil)
//	// result.Hash is the same on every machine; result.Violations should be empty.
//
// A run is a pure function of its [Plan], and a plan of its seed. A plan says
// everything that comes from outside: how links, disks and clocks behave, which
// nodes lie and how (see sim/adversary), what breaks when, and what devices
// submit. The nodes are the Replicas of consensus/replica, the same code that
// real gateways run. What must hold stands in sim/check.
//
// # A run
//
// Devices submit while faults come and go. When all faults are over, everything
// acknowledged must become final on every honest node within settleBound, liars
// or not. Then liars fall silent, and within restBound the mesh must do nothing
// at all any more.
//
// # Scenarios
//
// An [Experiment] runs a scenario (see sim/scenario) in place of a plan, and leaves results
// (see sim/result):
//
//	x, err := sim.NewExperiment(s, workers)
//	run, err := x.Run(build)
//
// Each site is a world of its own, with its genesis, committee, checkers and network, and
// a partition of the engine. Sites say nothing to each other: the ledger of one needs
// nothing of another's. So a WAN cut is told in the results and stops nothing, and
// neither the links between sites nor the lines that a site shares carry anything yet ([Unused]
// names such keys).
//
// Members run Replicas, and so do gateways; observers follow, as gateways do if the scenario says so
// (roles.gateway.fidelity). Replicas of a site look up what one of them has executed
// (see execution.History). Devices are sources: they sign, and hand over through the plant's network;
// those that cannot sign hand over readings, which their gateway signs. Liars do what the scenario says of
// their attack; a plan's choose for themselves what nobody told them. What a scenario asks beyond that
// is refused (UnsupportedError), not left out.
//
// # Workers
//
// Sites are spread over workers. Where there is one site, the other workers are a crew that takes its
// Replicas' Steps: what a Step came to is looked at once something happens at its node, or when the least
// delay of a link has passed, whoever took it and however long that was (see late.go). The results
// are the same for any number of workers.
//
// # Followers
//
// A follower takes part in its site's gossip: it has a processor, a line and connections, and pays
// for what it receives, checks and passes on. It keeps no ledger and has neither a Replica nor a disk
// nor a lane, so that nobody submits anything to it. It takes less than a kilobyte of memory, and some 90 bytes
// for each of its connections. What reaches it counts in propagation, and what it does under its role; what must hold, and what is final
// everywhere, is about Replicas alone. It remembers the newest certified commit that it has heard of (a "marked"
// event). Crashes, churn, power and cuts hit it as they hit others, and it knows nothing of earlier lives; faults of
// disks and clocks pass it by. It never speaks to a Replica but by gossip, and what a Replica hears through
// it counts as said by the message's author. A site with followers spreads all that is gossiped, whatever its policy.
//
// # Protocols
//
// The nodes may run another protocol than ours: a plan's Protocol, or a scenario's
// protocol.ordering, names one of [Protocols]. See sim/protocol for what it takes
// to add one, and sim/protocol/hotstuff for one to compare ours with.
//
// # Connections and gossip
//
// Who can be connected with whom is a graph: in a scenario members with each other and
// others at random (gossip.connections), in a plan everybody. Sends and Broadcasts go over
// connections that stand, as their sender knows it. In a site, what a Replica gossips goes over a
// gossipsub mesh (sim/gossip) of the same connections: published at its author, looked at where it comes, given
// to the Replica there and passed on, each hop over the plant's network. What has the same content is one
// message, whoever says it. With the policy "when-needed" that takes place only where a peer is connected to
// somebody whom the author is not, as in real nodes. Liars pass nothing on while they lie. A plan's
// world has no such mesh: gossip goes straight to everybody there, around cuts if need be.
//
// A copy that is sure to come after another makes no event; the line and the processor that it takes
// at its receiver are reckoned when they are asked for next. Memory is by connection, and by message
// for as long as its name is remembered.
//
// # Disks
//
// A node's outputs are carried out in order, none before every Persist ahead of
// it is durable. Writes become durable by syncs that take time, one at a time,
// each covering what was applied when it began. A crash keeps what was synced
// and, of the rest, a random number of the oldest writes; or, if a scenario says so,
// everything, or nothing. What a gateway is held to that lost its disk stands in sim/check/loss.go.
//
// # Signatures and work
//
// Signatures are made by an oracle that nobody can forge and that costs next to
// nothing, or by Ed25519 if the plan says so: see sim/oracle. Both come to the same,
// ids apart. Work takes no virtual time unless the plan names cores; then a node's
// inputs queue behind what it is doing. The nodes of a scenario's site may share their
// cores, as processes on one machine do: then they take turns. Copies of gossip
// are looked at there as if all work were done in the order in which it comes.
//
// # Design
//
// Events are totally ordered by (time, source, the source's own count), and each
// node has its own streams of randomness, one per purpose: neither depends on
// anything global, so that sites are spread over workers without a
// change to any trace. Nothing ranges over a map where order could show, and no
// decision is made with floating point.
//
// A run of a plan is one goroutine; many seeds run beside each other.
package sim
