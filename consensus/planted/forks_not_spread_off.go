//go:build !planted_forks_not_spread

package planted

// ForksNotSpread makes this mistake: a node that finds a lane forked keeps both batches to itself.
const ForksNotSpread = false
