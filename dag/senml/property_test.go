package senml

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// numbers are mostly what sensors send, and some that floats find hard.
func numbers() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Map(rapid.IntRange(-100_000, 100_000), func(i int) float64 { return float64(i) / 100 }),
		rapid.Float64Range(-1e307, 1e307),
		rapid.SampledFrom([]float64{0, 0.1, 5e-324, 1 << 53, 65504, 1.5}),
	)
}

func maybe[T any](t *rapid.T, g *rapid.Generator[T], name string) *T {
	return rapid.Ptr(g, true).Draw(t, name)
}

// packs generates valid packs.
func packs() *rapid.Generator[Pack] {
	units := rapid.SampledFrom([]string{"Cel", "%RH", "", "m³/h", "<&>"})
	times := rapid.Float64Range(-1e9, 1e9)
	record := rapid.Custom(func(t *rapid.T) Record {
		r := Record{
			BaseName:   maybe(t, rapid.StringMatching(`[A-Za-z0-9][-A-Za-z0-9:./_]{0,40}`), "bn"),
			BaseTime:   maybe(t, times, "bt"),
			BaseUnit:   maybe(t, units, "bu"),
			BaseValue:  maybe(t, numbers(), "bv"),
			BaseSum:    maybe(t, numbers(), "bs"),
			Name:       rapid.StringMatching(`[A-Za-z0-9][-A-Za-z0-9:./_]{0,40}`).Draw(t, "n"),
			Unit:       maybe(t, units, "u"),
			Sum:        maybe(t, numbers(), "s"),
			Time:       maybe(t, times, "t"),
			UpdateTime: maybe(t, numbers(), "ut"),
		}
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			r.Value = new(numbers().Draw(t, "v"))
		case 1:
			r.StringValue = new(rapid.String().Draw(t, "vs"))
		case 2:
			r.BoolValue = new(rapid.Bool().Draw(t, "vb"))
		default:
			r.DataValue = rapid.SliceOf(rapid.Byte()).Draw(t, "vd")
		}
		return r
	})
	return rapid.Map(rapid.SliceOfN(record, 1, 20), func(rs []Record) Pack { return rs })
}

// Both forms carry a pack whole, from one to the other and back.
func TestJSONAndCBORCarryTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := packs().Draw(t, "pack")
		asJSON, err := p.EncodeJSON()
		if err != nil {
			t.Fatal(err)
		}
		fromJSON, err := ParseJSON(asJSON)
		if err != nil {
			t.Fatal(err)
		}
		asCBOR, err := fromJSON.EncodeCBOR()
		if err != nil {
			t.Fatal(err)
		}
		fromCBOR, err := ParseCBOR(asCBOR)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, fromCBOR); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
	})
}

// Resolving is finished after once: nothing is left to apply, whatever the
// time, and what comes out is a pack like any other.
func TestResolveIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := packs().Draw(t, "pack")
		once, err := p.Resolve(now)
		if errors.Is(err, ErrTime) {
			t.Skip("relative to before 1978")
		}
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(once, func(r Record) bool { return r.hasBase() || r.Time == nil }) {
			t.Fatalf("not resolved: %v", once)
		}
		twice, err := once.Resolve(now + 12345)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(once, twice); diff != "" {
			t.Fatalf("(-once +twice)\n%s", diff)
		}
	})
}
