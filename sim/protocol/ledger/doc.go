// Package ledger is a node without an ordering rule: everything of a gateway but
// the decision which cut comes next. Whoever brings that, a [Rule], has a protocol.
//
//	machine, err := ledger.New(cfg, restored, func(l *ledger.Ledger) (ledger.Rule, error) {
//		return &rule{ledger: l}, nil
//	})
//
// A record's life here is that in our own protocol: sealed into the next batch of its
// node's lane, durable, sent to everybody twice over (directly and by gossip), proposed
// by whoever the rule lets, decided, executed in the order of commits, covered by a
// checkpoint that a quorum cosigned.
//
// # Contract with the rule
//
// In each Step the ledger first takes the input, which may call Hear, Connected
// or Leapt, and then calls Advance, again after each commit executed. All of the
// ledger's methods may be called in all of these, and none of them outside.
//
//   - A cut that the rule decides follows State, and somebody who is honest holds
//     each of its batches: where f may lie, f+1 members whose Holds said so.
//   - What must survive a crash is given to Keep before what it binds to is said.
//     It is durable together with what else that Step wrote.
//   - While Working, the rule brings something about by itself, with timeouts for
//     what is lost. When nobody is, all of them rest.
//
// # What it does not do
//
// Every node is a member. A store is never lost, so that a lane is never
// replaced. Forked lanes go on with the branch that is decided, and nobody is shown to have
// forked one. There is no room for more than memory: batches are held until they are executed.
package ledger
