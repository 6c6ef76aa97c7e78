//go:build planted_round_jumps

package planted

// RoundJumps makes this mistake: a member jumps to the newest round that it may enter; its rounds have holes, and leaders are missing in them.
const RoundJumps = true
