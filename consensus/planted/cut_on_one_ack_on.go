//go:build planted_cut_on_one_ack

package planted

// CutOnOneAck makes this mistake: one member's word is enough for the cut; inventions become final.
const CutOnOneAck = true
