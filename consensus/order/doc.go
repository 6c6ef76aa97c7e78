// Package order decides which blocks of the DAG commit, and what each commit
// finalises.
//
//	blocks ──Add──▶ Graph ──▶ Decider ──Next──▶ leader ──MakeCommit──▶ commit
//	                              ▲                                      │
//	                        Rotation (leaders) ◀──── State ◀───Apply─────┘
//
// [Graph] holds the blocks above the floor and counts votes when they are asked for.
// [Decider] applies the commit rule and yields the decided slots in order.
// [MakeCommit] turns a committed leader into a commit: the cut, the time, who
// was present. [State] is a fold over commits and holds all that later
// decisions read: so a node that has the chain of commits, but not the blocks
// behind it, has the same State. consensus/SPEC.md gives the rules with figures.
//
// The loop around them, with s, g and d as of the same commit:
//
//	for {
//		slot, ok := d.Next()
//		if !ok {
//			break
//		}
//		if slot.Status != order.Commit {
//			continue
//		}
//		c := order.MakeCommit(s, g, slot.Block.Ref, known)
//		if err := s.Apply(c); err != nil {
//			panic(err) // never of a commit of our own
//		}
//		d.Reschedule(s.Rotation()) // costs nothing while the list stays the same
//		g.Prune(s.Floor())
//	}
//
// # Contract with the caller
//
// Blocks come in causal order and have passed [CheckBlock] and their signature
// check. Nothing here is safe for concurrent use. What a peer controls (a block,
// a chain of commits) gives an error, never a panic.
//
// An equivocating member can make any number of blocks for one slot, and a
// decision needs every one of them that an honest block refers to. So the graph
// takes them all; its caller should ask for a second block of a slot only when
// another block refers to it.
//
// # Design
//
// Every rule reads the committed leader's own history within a window of D
// rounds, or the State: never "my store" and never a clock. That is what makes
// a commit the same bytes on every honest node, whenever it computes it.
package order
