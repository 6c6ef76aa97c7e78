//go:build !planted_votes_suffice

package planted

// VotesSuffice makes this mistake: a leader commits on a quorum's votes, without certificates; who does not see them all skips it.
const VotesSuffice = false
