package quorum

import (
	"testing"

	"pgregory.net/rapid"
)

const most = 300

// TestDefinitions checks each threshold against its definition in words.
func TestDefinitions(t *testing.T) {
	for n := 1; n <= most; n++ {
		f, q := F(n), Q(n)
		if 3*f >= n {
			t.Errorf("n=%d: %d faulty members are not less than a third", n, f)
		}
		if 3*(f+1) < n {
			t.Errorf("n=%d: %d faulty members could be tolerated, F says %d", n, f+1, f)
		}
		if q > n-f {
			t.Errorf("n=%d: the %d members that have not failed make no quorum of %d", n, n-f, q)
		}
		if got, want := Validity(n), f+1; got != want {
			t.Errorf("Validity(%d) = %d, want %d", n, got, want)
		}
	}
}

// TestIntersections checks, for every size, the overlap that two quorums cannot avoid.
func TestIntersections(t *testing.T) {
	for n := 1; n <= most; n++ {
		f, q := F(n), Q(n)
		if least := 2*q - n; least <= f {
			t.Errorf("n=%d: two quorums may share only %d members, all of them faulty", n, least)
		}
		if least := q + Validity(n) - n; least < 1 {
			t.Errorf("n=%d: a quorum and f+1 members may share nobody", n)
		}
		if q-f < Validity(n) {
			t.Errorf("n=%d: a quorum holds only %d honest members", n, q-f)
		}
	}
}

// TestQuorumsShareAnHonestMember says the same of concrete quorums.
func TestQuorumsShareAnHonestMember(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "n")
		members := make([]int, n)
		for i := range members {
			members[i] = i
		}
		pick := func(label string, k int) map[int]bool {
			set := map[int]bool{}
			for _, m := range rapid.Permutation(members).Draw(t, label)[:k] {
				set[m] = true
			}
			return set
		}
		a, b, faulty := pick("a", Q(n)), pick("b", Q(n)), pick("faulty", F(n))
		for m := range a {
			if b[m] && !faulty[m] {
				return
			}
		}
		t.Fatalf("n=%d: quorums %v and %v share no honest member", n, a, b)
	})
}
