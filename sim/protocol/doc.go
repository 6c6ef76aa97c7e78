// Package protocol is what a protocol must be to run in the simulator beside ours.
//
//	type Machine interface {
//		Step(now replica.Instant, wall dag.UnixMilli, in replica.Input) (out []replica.Output, wake replica.Instant)
//	}
//
// A protocol is one value per node that takes what happened to the node, one
// thing at a time, and returns what the world should do next. The Replica of
// consensus/replica is such a value; sim/protocol/hotstuff is another. The world
// around it stays the same, so that results of two protocols can be laid side by
// side: network, disks, clocks, processors, devices, faults, checkers, results.
//
// # How to put another protocol beside ours
//
// Decide first what is to be compared. If it is the order alone, take
// sim/protocol/ledger: it takes records into own lanes, spreads, stores and
// fetches batches, executes commits, certifies checkpoints and brings back who
// was away, all over the lanes and formats of a real gateway. What is left to
// write is a ledger.Rule:
//
//	Hear       a message of the rule's own from a member
//	Connected  a connection stands anew
//	Leapt      commits came with a certificate instead of being decided here
//	Advance    do everything that has become possible
//	Wake       when time alone will change anything
//
// and it says what it wants by the ledger's methods, of which a rule needs about
// ten: Pending (a cut that could be next), Holds (whether one is held that
// somebody else proposes), Decide, State, Working, Keep, Send, Broadcast, Now, Committee.
// The example of package ledger is a rule of some twenty lines, one member that
// decides alone; hotstuff is a few hundred. If lanes are to be
// compared as well, write a Machine from the start.
//
// Who leads when is a function of a view: see hotstuff.Leaders. Another one is a
// Maker of one line, hotstuff.NewWith(policy, …).
//
// Then give the protocol a name in sim/protocols.go and in scenario.Ordering. It
// runs with
//
//	floorsim run one-plant --set protocol.ordering=NAME
//	floorsim check --protocol NAME
//
// the latter over as many random plans of faults as one likes, which is how to
// find out that it is wrong. No node lies in them: the adversaries of
// sim/adversary speak our protocol. The scenario two-orderings is a sweep that compares.
//
// # What a machine must do
//
//   - It is deterministic: the same inputs, the same outputs. It has no
//     goroutine, no clock, no randomness but replica.Config.Rand, and no range over a map
//     whose order can reach an output; it decides nothing with floating point.
//   - Outputs are carried out in order, and nothing that binds the node leaves
//     before every Persist ahead of it is durable (replica.Waits). After a crash
//     Maker is given what was durable: the store's part, and the Kept of the last
//     Persist. A crash takes the newest writes, each whole.
//   - Every submission is answered once: Stored, Known or Turned.
//   - What is final comes out as replica.Final, one commit after the other, executed
//     by consensus/execution; a commit's leader has a higher round than the one
//     before. A quorum's cosignatures make a replica.Certified.
//   - With nothing left to do, it sleeps: no message, no Tick.
//   - What a peer sent has its signatures checked, as its Checks names them, and
//     nothing else. A signature names what it is for and the epoch: see the
//     domains of hotstuff.
//
// sim/check judges all of it, knowing nothing of the protocol: agreement, order,
// durability, validity, liveness, quiescence, and with Promise that nobody binds itself twice.
//
// # Messages
//
// What nodes say beyond sync/message is a struct that embeds Foreign and
// implements Message. It is handed over as a value: nobody encodes it, but Bytes
// is what the network carries and the results count, and each signature of
// Checks is paid for by the receiver's processor. It must not change once said.
//
// # Design
//
// The interface is that of the whole node and not one of the ordering rule alone
// inside consensus/replica. There the DAG is what tells who holds which batch, when to
// wake, what may be forgotten and what a restart remembers: an interface between it and the lanes
// would be as wide as the Replica, and would bind the real node for the sake of
// a comparison. The price is that package ledger does for its rules what the
// Replica does for itself, in a simpler way.
package protocol
