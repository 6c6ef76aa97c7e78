package engine

import (
	"math"
	"slices"
	"testing"
)

// TestStreamGoldens pins the streams: another machine, or another version of Go,
// must draw the same.
func TestStreamGoldens(t *testing.T) {
	for _, c := range []struct {
		seed uint64
		node Node
		p    Purpose
		want [2]uint64
	}{
		{1, Nobody, 1, [2]uint64{0xe0068415f67bee49, 0xeaf5afe2b2dc0dd9}},
		{1, 0, 3, [2]uint64{0x103a9e1adbdf0c4d, 0x7f091cd883b6ed9}},
		{2, 0, 3, [2]uint64{0x9449d210171ced78, 0x6f14697461c94c73}},
	} {
		s := NewStream(c.seed, c.node, c.p)
		if got := [2]uint64{s.Uint64(), s.Uint64()}; got != c.want {
			t.Errorf("stream %d/%d/%d draws %#x, want %#x", c.seed, c.node, c.p, got, c.want)
		}
	}
}

// TestBelow checks that integers are uniform, from the least n to the largest.
func TestBelow(t *testing.T) {
	s := NewStream(1, 0, 1)
	counts := make([]int, 7)
	for range 70_000 {
		counts[s.Below(7)]++
	}
	for i, n := range counts {
		if n < 9_600 || n > 10_400 {
			t.Errorf("%d is drawn %d times of 70000", i, n)
		}
	}
	hits := 0
	for range 100_000 {
		if s.Below(1) != 0 || s.Below(1<<63+1) > 1<<63 {
			t.Fatal("drawn outside its bounds")
		}
		if s.Chance(30_000) {
			hits++
		}
	}
	if hits < 2_800 || hits > 3_200 || s.Chance(0) || !s.Chance(1_000_000) {
		t.Errorf("a chance of 3 %% came %d times of 100000", hits)
	}
}

// TestDistributionGoldens pins what is drawn, and TestDistributionShapes that it is right.
func TestDistributionGoldens(t *testing.T) {
	for name, c := range distributionGoldens {
		s := NewStream(7, 3, 11)
		var got [5]int64
		for i := range got {
			got[i] = c.d.Draw(&s)
		}
		if got != c.want {
			t.Errorf("%s draws %v, want %v", name, got, c.want)
		}
	}
}

func TestDistributionShapes(t *testing.T) {
	const n = 200_000
	for _, c := range []struct {
		name     string
		d        Distribution
		quantile func(p float64) float64
	}{
		{"uniform", Uniform(1e6, 3e6), func(p float64) float64 { return 1e6 + 2e6*p }},
		{"exponential", Exponential(1e6), func(p float64) float64 { return -1e6 * math.Log(1-p) }},
		{"normal", Normal(1e7, 1e6), func(p float64) float64 { return 1e7 + 1e6*math.Sqrt2*math.Erfinv(2*p-1) }},
		{"lognormal", LogNormal(1e6, 500), func(p float64) float64 { return 1e6 * math.Exp(0.5*math.Sqrt2*math.Erfinv(2*p-1)) }},
		{"pareto", Pareto(1e6, 5000), func(p float64) float64 { return 1e6 * math.Pow(1-p, -0.2) }},
	} {
		s := NewStream(1, 2, 3)
		drawn := make([]int64, n)
		for i := range drawn {
			drawn[i] = c.d.Draw(&s)
		}
		slices.Sort(drawn)
		if drawn[0] < c.d.Least() {
			t.Errorf("%s: draws %d, below its least %d", c.name, drawn[0], c.d.Least())
		}
		for _, p := range []float64{0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999} {
			// The rank of the true quantile among the draws is p·n, give or take five deviations.
			rank, _ := slices.BinarySearch(drawn, int64(c.quantile(p)))
			if off := math.Abs(float64(rank) - p*n); off > 5*math.Sqrt(n*p*(1-p))+1 {
				t.Errorf("%s: %.0f of %d draws lie below the quantile of %v", c.name, float64(rank), n, p)
			}
		}
	}
}

// TestTables compares the generated tables, and what lies between their entries,
// with the functions themselves.
func TestTables(t *testing.T) {
	for i := range 1000 {
		x := (float64(i) + 0.5) / 1000
		f := int64(x * one)
		if got, want := float64(power2(1<<40, f))/(1<<40), math.Exp2(x); math.Abs(got-want) > 2e-4 {
			t.Errorf("2^%v is %v, want %v", x, got, want)
		}
		u := uint64(x * (1 << 32) * (1 << 32))
		if got, want := float64(minusLog2(u))/one, -math.Log2(x); math.Abs(got-want) > 2e-4 {
			t.Errorf("-log2 %v is %v, want %v", x, got, want)
		}
		if got, want := float64(gauss(u>>1))/one, math.Sqrt2*math.Erfcinv(x); math.Abs(got-want) > 3e-4 {
			t.Errorf("z of %v is %v, want %v", x, got, want)
		}
	}
	if gauss(0)/one < 6 || gauss(1<<63)/one > -6 || power2(1<<40, 30*one) != int64(Never) || power2(1<<40, -50*one) != 0 {
		t.Error("the ends are not where they should be")
	}
}

var distributionGoldens = map[string]struct {
	d    Distribution
	want [5]int64
}{
	"constant":    {d: Constant(5), want: [5]int64{5, 5, 5, 5, 5}},
	"uniform":     {d: Uniform(10, 1_000_000), want: [5]int64{916205, 281993, 747234, 730174, 183582}},
	"exponential": {d: Exponential(1_000_000), want: [5]int64{87550, 1265930, 291412, 314522, 1695136}},
	"normal":      {d: Normal(1_000_000, 300_000), want: [5]int64{936514, 1173089, 795029, 778514, 1270548}},
	"lognormal":   {d: LogNormal(1_000_000, 700), want: [5]int64{862341, 1497697, 619867, 596441, 1880068}},
	"pareto":      {d: Pareto(1_000_000, 5_000), want: [5]int64{1017701, 1288187, 1060067, 1064946, 1403656}},
}
