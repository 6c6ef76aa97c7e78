// Package replay steps a Replica through a recording of a gateway (see
// consensus/replica/recording) and compares what comes out.
//
//	result, err := replay.Run(file, replay.Options{})
//	if d := result.Divergence; d != nil {
//		fmt.Print(d)
//	}
//
// With the same code, everything comes out as it did. A Step that does not is the first
// trace of a changed rule, of a bug in what the core must not do (a clock, a
// map's order), or of a processor that computes wrongly.
//
// # What it trusts
//
// Signatures are not checked: the gateway has checked every one before it was
// recorded. What the gateway signed is looked up, since a desk has no keys; to be
// asked for a signature that was not made in that Step is a divergence.
package replay
