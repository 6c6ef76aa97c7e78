package result

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNewAxis(t *testing.T) {
	for name, c := range map[string]struct {
		values  []string
		numbers []int64
		unit    string
	}{
		"whole":        {[]string{"4", "13"}, []int64{4e6, 13e6}, ""},
		"shares":       {[]string{"0%", "0.5%", "10 %"}, []int64{0, 5e5, 1e7}, "%"},
		"durations":    {[]string{"150ms", "2s", "1m"}, []int64{150e3, 2e6, 60e6}, "s"},
		"rates":        {[]string{"4/s", "0.25/s"}, []int64{4e6, 25e4}, "/s"},
		"two units":    {[]string{"4/s", "1/5s"}, nil, ""},
		"words":        {[]string{"silent", "twins"}, nil, ""},
		"too fine":     {[]string{"0.0000001"}, nil, ""},
		"too great":    {[]string{"9999999999999999999"}, nil, ""},
		"nanoseconds":  {[]string{"1ns"}, []int64{1e6}, "ns"},
		"zero":         {[]string{"0", "1"}, []int64{0, 1e6}, ""},
		"a mere point": {[]string{"."}, nil, ""},
	} {
		a := NewAxis("k", c.values)
		if diff := cmp.Diff(c.numbers, a.Numbers); diff != "" || a.Unit != c.unit {
			t.Errorf("%s: unit %q, want %q; %s", name, a.Unit, c.unit, diff)
		}
	}
}

// study has two axes of two values, three repeats, and a median of 100·gateways + 10·loss + repeat.
func study() *Study {
	s := &Study{Axes: []Axis{
		NewAxis("adversaries[0].kind", []string{"silent", "twins"}),
		NewAxis("sites[0].gateways", []string{"4", "7"}),
		NewAxis("network.within.loss", []string{"0%", "1%"}),
	}}
	for _, kind := range []string{"silent", "twins"} {
		for g, gateways := range []string{"4", "7"} {
			for l, loss := range []string{"0%", "1%"} {
				for repeat := range 3 {
					s.Cases = append(s.Cases, Case{
						Values: []string{kind, gateways, loss}, Repeat: repeat, State: "fine",
						Brief: &Brief{Latency: map[string]Quantiles{"final": {Count: 1, P50: int64(100*g + 10*l + (repeat+2)%3)}}},
					})
				}
			}
		}
	}
	s.Cases[1].Brief = nil // one could not be run
	return s
}

// TestPanels lays runs out over an axis: a panel for each adversary, a line for each loss.
func TestPanels(t *testing.T) {
	s := study()
	over, err := s.Over("")
	if err != nil || s.Axes[over].Key != "sites[0].gateways" {
		t.Fatalf("drawn over axis %d, %v", over, err)
	}
	median := func(b *Brief) (int64, bool) { return b.Quantile("final", func(q *Quantiles) int64 { return q.P50 }) }
	got := s.Panels(2, median)
	want := []Panel{
		{"gateways 4", []PanelLine{
			{"kind silent", []PanelPoint{{0, 1, 1, 2, 2}, {1, 10, 11, 12, 3}}},
			{"kind twins", []PanelPoint{{0, 0, 1, 2, 3}, {1, 10, 11, 12, 3}}},
		}},
		{"gateways 7", []PanelLine{
			{"kind silent", []PanelPoint{{0, 100, 101, 102, 3}, {1, 110, 111, 112, 3}}},
			{"kind twins", []PanelPoint{{0, 100, 101, 102, 3}, {1, 110, 111, 112, 3}}},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := s.Panels(2, func(b *Brief) (int64, bool) {
		return b.Quantile("witnessed", func(q *Quantiles) int64 { return q.P50 })
	}); got != nil {
		t.Errorf("of nothing measured: %v", got)
	}
	if _, err := s.Over("seed"); !errors.Is(err, ErrNoAxis) {
		t.Errorf("over what did not vary: %v", err)
	}
}
