// Package oracle is the cryptography of simulated worlds: signatures that cost
// next to nothing and nobody can forge, and what they would have cost.
//
//	crypto := oracle.New(17)
//	key := crypto.Key(seed)                    // the right to sign, and the public half
//	signature := key.Sign(message)
//	verifier := crypto.Verifier(g.Domain())    // for dag.Verify
//
// # Honest
//
// A [dag.PrivateKey] from [Oracle.Key] is a capability: a signature comes into
// being only when its Sign is called. The secret behind it never leaves the
// Oracle, no function returns or prints it, and a key tells nothing of another's.
// An adversary, which holds its own node's keys and no Oracle, can therefore sign
// as itself and as nobody else.
//
// Public halves are those that Ed25519 makes of the same seed. They are valid
// points, so that genesis documents need no exception; and a world has the same
// genesis, mesh, leaders and order of lanes whether it runs with the oracle or
// with [Real].
//
// # Design
//
// The obvious oracle keeps a table of what was issued: (key, message, signature).
// This one keeps none. A signature is a keyed pseudo-random function, SipHash-2-4
// of 128 bits, of key and message, and to verify is to compute it again. The two
// are the same to everybody outside:
//
//   - what was issued verifies in both, always;
//   - what was not issued verifies in the table never, and here only if somebody
//     who has not the secret names the function's value at a point where nobody
//     asked for it: a guess among 2¹²⁸;
//   - a table would refuse what a key's holder could have signed and did not.
//     Nobody else can come by such a signature, so nobody can tell.
//
// In exchange memory does not grow with the signatures of a run, a check takes no
// lock and no look-up (some 150 ns for 200 bytes), any number of workers may sign
// and verify at once, and the result depends on no order of events.
// All 64 bytes are compared, each a function of the 128 bits: no part of a
// signature can be changed, as no part of an Ed25519 signature can.
//
// What it cannot find are mistakes in the use of Ed25519 itself: unreduced
// scalars, keys of small order, batches that disagree with singles. Those have
// tests of their own in dag, and the same worlds run with [Real] too.
//
// # Virtual time
//
// [CPU] says when a node of a few cores is done with its work, given what each
// operation costs ([Costs]).
package oracle
