// Package quorum holds every threshold that agreement rests on.
//
// Of n members at most F(n) may fail in any way at all. Q(n) of them speak for
// the committee: two such quorums share at least F(n)+1 members, hence one that
// is honest, and the members that have not failed always make one. Validity(n)
// is the fewest among whom one is honest.
//
// # Design
//
// The thresholds count members, not weights: a factory's gateways are equals,
// and what is counted can be checked on paper.
package quorum

import "github.com/floormesh/floormesh/consensus/planted"

// F returns how many of n members may be faulty, (n-1)/3. n must be at least 1.
func F(n int) int { return (n - 1) / 3 }

// Q returns the quorum of n members, n - F(n).
func Q(n int) int {
	if planted.Quorum2F {
		return max(1, 2*F(n))
	}
	return n - F(n)
}

// Validity returns the least number of members among whom one is honest, F(n)+1.
func Validity(n int) int { return F(n) + 1 }
