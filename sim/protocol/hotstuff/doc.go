// Package hotstuff is a chained leader-based protocol to compare ours with, over
// the same lanes.
//
// It is HotStuff (Yin, Malkhi, Reiter, Golan Gueta, Abraham; PODC 2019,
// arXiv 1803.05069, section 5, "Chained HotStuff") in the shape of Jolteon
// (Gelashvili, Kokoris-Kogias, Sonnino, Spiegelman, Xiang; Financial Cryptography
// 2022, arXiv 2106.10362, section 3): a certified block is final once the block
// of the very next view, on top of it, is certified too. Three certified blocks in a
// row, as HotStuff asks for, would never come in a committee of four with one of them
// dead and leaders in turn.
//
// # A view
//
//	leader of v      proposal v (on the certificate of v-1) → everybody
//	everybody        holds all batches listed, writes, votes → leader of v+1
//	leader of v+1    a quorum of votes: certificate of v → in proposal v+1
//
//	b1 ◄─ C1 ─ b2 ◄─ C2 ─ b3      C1 and C2 are of consecutive views:
//	                              whoever sees C2 knows that b1 is final
//
// A proposal lists batches by digest, lane by lane, right after those that its chain
// lists already. A member votes only for what it holds, durably: so f+1 honest
// ones hold what is certified. It asks the proposer for what it lacks.
//
// # Safety
//
// A member votes once in a view, and not in one that it left: this, its highest
// certificate and the blocks it voted for are durable before the vote is sent. It
// votes for a block on the certificate of the view before; or, if a quorum has left that view, on one at
// least as high as any of that quorum knew of. A quorum that certified v+1 saw the
// certificate of v, and shares an honest member with every quorum that leaves a
// later view: nothing that contradicts b1 is voted for any more.
//
// # Liveness
//
// A member for which a view takes too long says so to everybody, with its highest
// certificate. f+1 such timeouts make others join, a quorum of them makes a certificate that
// begins the next view. Timeouts double with every second view that is left in a row, and come back
// to three times what a view usually takes with the first that is not. While nothing
// moves, members say again what they voted for, proposed and have; who lacks
// blocks asks for them, and who is far behind takes certified commits.
//
// With nothing to order, and all of it certified, nobody does anything.
//
// # What was compared
//
// Leaders in turn are the plain policy: no leader is passed over, as ours and some
// successors of HotStuff do. A dead leader costs two views, its own and the one
// before, whose votes it should have collected. Certificates are lists of Ed25519
// signatures, as our own proofs are, and not threshold signatures: a proposal grows with
// the committee, and costs each receiver a quorum of checks. Batches, syncs,
// checkpoints and costs are those of our own protocol; batches are sealed at their spacing and do not wait
// for a block to go with.
//
// Measured by the scenario two-orderings with seed 1: one plant whose members take
// 40 records a second together for ten seconds, links of 250 µs, syncs as its disks
// take them. Finality p50 / p99 in milliseconds at the node that took the record,
// megabytes sent per member, load and rest together.
//
//	         nobody dead                                 f dead
//	members  floormesh            hotstuff               floormesh             hotstuff
//	      4   6.2 / 6.8   6.6 MB   7.2 /  8.5  1.5 MB     5.9 /  82   2.5 MB    63 / 118  0.4 MB
//	      7   6.4 / 7.0    18 MB   7.5 /  8.9  2.2 MB     6.6 /  92   5.5 MB   194 / 320  0.6 MB
//	     13   6.4 / 7.0    52 MB   8.5 / 10.7  3.2 MB     6.7 / 164    13 MB   218 / 527  1.3 MB
//	     31   6.6 / 7.1   238 MB   9.2 / 12.5  5.7 MB     7.2 / 711    45 MB   295 / 742  5.1 MB
//
// So the chain takes 16 to 40 % longer while all is well, the more the larger the
// committee, and waits whenever a dead member's turn comes; the DAG passes its dead over after a while. It pays
// with bytes that grow with the square of the committee, 4 to 42 times as many.
//
// # Timing
//
// Of a scenario's durations it takes the timeouts' floor and cap, the round spacing
// (between blocks), the batch spacing, the fetch timeout and resend; grace, the
// spacing's cap and the window are the DAG's.
package hotstuff
