// Package verify checks signatures on all cores, many callers' together.
//
// A Pool has a few workers, each with its own dag.Verifier. What callers bring
// waits in one queue; a worker that comes free takes its share of all that
// waits, up to some 256 signatures, and checks them in one equation. So a busy
// node pays about half per signature of what an idle one does, while an
// idle one checks at once: nobody ever waits for company. A single record that
// finds the pool idle is checked on its caller's goroutine, with a worker's verifier: never do
// more goroutines verify than there are workers.
//
// # Contract
//
//   - A bad signature fails only the item that carries it, whatever it was
//     checked together with. The error is the item's own: see dag.Verify.
//   - Items of one caller may finish in any order. Start returns a channel for
//     each, so that reading the channels in the order of the calls gives the
//     items in that order while later ones are already being checked.
//   - The queue is bounded by signatures (MaxQueued). Who brings more waits for
//     room or for the end of its context: the wait is how a busy node slows its
//     peers and devices down.
//   - Close makes every waiting and later call return ErrClosed.
//
// # Design
//
// Results travel in channels and not in callbacks, so that nobody's code runs
// on a worker: a slow consumer delays itself and not everybody's signatures.
package verify
