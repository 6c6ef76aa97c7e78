package explore

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/adversary"
)

// Sizes of a twins run: the smallest mesh that bears a liar.
const (
	twinNodes  = 4
	twinOthers = twinNodes - 1
)

// script says for each round which of the others see the liar's second block.
type script []uint8

// Twins goes through the scripts of a member that signs two blocks in every round:
// all there are for the first rounds, one for all that differ only in who of the
// others is called what, and then a sample of longer ones. The liar's seat goes round, so
// that it leads in another round from one run to the next.
type Twins struct {
	seed   uint64
	rounds int
	depth  int // rounds for which all scripts are listed
	listed []script
	seen   map[string]bool
	rng    *rand.Rand
	count  int
}

// NewTwins returns the scripts of so many rounds.
func NewTwins(seed uint64, rounds int) (*Twins, error) {
	if rounds < 1 || rounds > maxTwinRounds {
		return nil, fmt.Errorf("scripts of %d rounds: there are some of 1 to %d", rounds, maxTwinRounds)
	}
	t := &Twins{seed: seed, rounds: rounds, seen: map[string]bool{}, rng: rand.New(rand.NewPCG(seed, 1))}
	for t.depth < rounds && scripts(t.depth+1) <= maxExhaustive {
		t.depth++
	}
	t.list(make(script, 0, t.depth))
	return t, nil
}

// scripts returns how many scripts of so many rounds there are, up to the names of
// the others: by Burnside's lemma, the mean number of scripts that the six
// permutations of three nodes leave as they are.
func scripts(rounds int) uint64 {
	return (1<<(3*rounds) + 3<<(2*rounds) + 2<<rounds) / 6
}

// list adds all scripts that begin with some masks.
func (t *Twins) list(begin script) {
	if len(begin) == t.depth {
		if s := slices.Clone(begin); slices.Equal(s, s.canonical()) {
			t.listed = append(t.listed, s)
			t.seen[s.key(t.rounds)] = true
		}
		return
	}
	for mask := range uint8(1 << twinOthers) {
		t.list(append(begin, mask))
	}
}

// key names a script, as one of so many rounds.
func (s script) key(rounds int) string {
	return string(append(slices.Clone(s), make(script, rounds-len(s))...))
}

// canonical returns the least script that differs only in the names of the others.
func (s script) canonical() script {
	least := s
	for _, names := range [...][twinOthers]uint8{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		renamed := make(script, len(s))
		for i, mask := range s {
			for node, name := range names {
				renamed[i] |= mask >> node & 1 << name
			}
		}
		if slices.Compare(renamed, least) < 0 {
			least = renamed
		}
	}
	return least
}

// Next returns the plan of the next script; ok is false if there are no more.
func (t *Twins) Next() (p sim.Plan, ok bool) {
	var s script
	switch {
	case t.count < len(t.listed):
		s = t.listed[t.count]
	case t.count < maxScripts && uint64(t.count) < scripts(t.rounds):
		s = t.draw()
	default:
		return p, false
	}
	t.count++
	return t.plan(s), true
}

// draw returns a script that was not there before. There is one: see Next.
func (t *Twins) draw() script {
	for {
		s := make(script, t.rounds)
		for i := range s {
			s[i] = uint8(t.rng.IntN(1 << twinOthers))
		}
		if s = s.canonical(); !t.seen[s.key(t.rounds)] {
			t.seen[s.key(t.rounds)] = true
			return s
		}
	}
}

func (t *Twins) plan(s script) sim.Plan {
	p := sim.Brief(t.seed, sim.CryptoOracle)
	liar := sim.LiarPlan{Node: t.count % twinNodes, Kind: adversary.Scripted}
	for _, mask := range s {
		below := uint64(mask) & (1<<liar.Node - 1)
		liar.Masks = append(liar.Masks, below|uint64(mask)>>liar.Node<<(liar.Node+1))
	}
	p.Liars = []sim.LiarPlan{liar}
	return p
}

// Listed returns for how many rounds all scripts are run before any is drawn, and how many those are.
func (t *Twins) Listed() (rounds, count int) { return t.depth, len(t.listed) }

// All returns how many scripts there are.
func (t *Twins) All() uint64 { return scripts(t.rounds) }
