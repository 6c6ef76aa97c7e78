package plot

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/sim/result"
)

// swept is a sweep over committee sizes, and over something with as many values as are asked for.
func swept(others int) *result.Study {
	sizes := []string{"4", "7", "200"}
	kinds := strings.Split(strings.Repeat("x", others), "")
	for i := range kinds {
		kinds[i] += string(rune('a' + i))
	}
	s := &result.Study{Axes: []result.Axis{result.NewAxis("sites[0].gateways", sizes), result.NewAxis("adversaries[0].kind", kinds)}}
	for i, size := range sizes {
		for _, kind := range kinds {
			s.Cases = append(s.Cases, result.Case{Values: []string{size, kind}, State: "fine", Brief: &result.Brief{
				Final: 1, Bytes: 5000, Latency: map[string]result.Quantiles{"final": {Count: 1, P50: int64(i+1) * 1e6, P99: int64(i+2) * 1e6}},
			}})
		}
	}
	return s
}

func TestOver(t *testing.T) {
	for _, c := range []struct {
		what, over string
		others     int
		err        error
		want       []string
	}{
		{LatencyOver, "", 1, nil, []string{">50 %<", ">99 %<", ">200<", "sites[0].gateways"}},
		{LatencyOver, "adversaries[0].kind", 2, nil, []string{">xa<", "gateways 7 99 %"}},
		{BytesOver, "", 2, nil, []string{"kind xb", "kB sent"}},
		{ThroughputOver, "", 1, ErrNothing, nil},
		{BytesOver, "", 7, ErrTooManyLines, nil},
		{BytesOver, "seed", 1, result.ErrNoAxis, nil},
		{Bytes, "", 1, ErrNoSuchPlot, nil},
	} {
		var out bytes.Buffer
		if err := WriteOver(&out, c.what, c.over, "svg", swept(c.others)); !errors.Is(err, c.err) {
			t.Errorf("%s over %q: %v, want %v", c.what, c.over, err, c.err)
		}
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s over %q: the figure has no %q", c.what, c.over, want)
			}
		}
	}
}
