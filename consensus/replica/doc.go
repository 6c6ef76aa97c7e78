// Package replica composes dag, sync and ordering into the one state machine
// that a node runs, whether its driver is real (node) or simulated (sim).
//
// # Contract with the driver
//
//   - A Replica is owned by one goroutine. It starts no goroutine, reads no
//     clock, opens nothing and logs nothing.
//   - [Replica.Step] takes one [Input] and the current [Instant] and returns
//     outputs to be carried out in order, and the instant at which it wants a
//     [Tick]. The latest wake replaces all before. The outputs are valid until
//     the next call.
//   - Nothing that binds this node (no Send, Broadcast, Gossip, Serve, and no
//     answer to a submitter) leaves until every [Persist] before it is durable.
//     What is so for the whole mesh (Replicated, Final, Certified) waits only for
//     what this node signed: see [Waits]. A Persist that nothing waits for need
//     not be durable at once, but soon. Persists may be grouped into one sync;
//     only order matters. The driver reports durability with [Persisted].
//   - Messages arrive as dag.Verified: signatures have been checked. Everything
//     else about them is checked here, and what can never be valid comes out as
//     [Blame].
//   - After a crash, New with what the store's Restore returned goes on from
//     there: nothing at or below what was signed is ever signed again. What it
//     does not tell, because it was lost or is an older copy, the others are
//     asked for before the first block; a member that turns out to have
//     forgotten something signs no more, in this life and all later ones.
//   - A run is its list of inputs. The same inputs give the same outputs.
//
// # Design
//
// A round costs one sync: the blocks of the others become durable with the own
// block that refers to them. To sync whenever one arrives, or before a commit is
// reported, takes 2.7 syncs per round in a mesh of four.
//
// Outputs are data and not callbacks: no re-entrancy, and a recorded list of
// inputs replays a gateway's day at a desk.
package replica
