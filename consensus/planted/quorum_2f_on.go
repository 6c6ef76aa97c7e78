//go:build planted_quorum_2f

package planted

// Quorum2F makes this mistake: a quorum is 2f members, not n-f; two of them need not share an honest one.
const Quorum2F = true
