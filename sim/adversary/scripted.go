package adversary

// Scripted is the kind of an adversary that does what its masks say.
const Scripted = "scripted"

// newScripted signs two blocks in every round, as blocks does, and shows each node
// the one that a script names: bit i of mask r-1 set means that node i sees the
// twin of round r. After the last mask everybody sees the same block. A search
// over scripts finds what a fixed split of the mesh misses.
//
// It is no attack to draw at random, for without a script it does nothing.
func newScripted(self Self) *blocks {
	a := newBlocks(self)
	a.other = func(node int, round uint64) bool {
		return round >= 1 && round <= uint64(len(self.Masks)) && self.Masks[round-1]>>node&1 == 1
	}
	return a
}
