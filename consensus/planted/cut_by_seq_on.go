//go:build planted_cut_by_seq

package planted

// CutBySeq makes this mistake: the cut counts how far members list a lane, not what they list; inventions become final.
const CutBySeq = true
