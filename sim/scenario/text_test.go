package scenario

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestText writes documents and reads them again: the same scenario, the same points.
func TestText(t *testing.T) {
	for name, c := range map[string]struct {
		text     string
		settings []string
	}{
		"sweep":    {sweepOfSizes, nil},
		"settings": {sweepOfSizes, []string{"sweep.constraints+=sites[0].gateways > 4", "sites[plant].devices=3", "faults+={kind: crash, at: 1s}"}},
		"texts": {`
name: texts
description: |
  Two lines,
    with "quotes": größer and # signs.
sites: [{name: 'a-b', gateways: 4}, {name: "1"}]
load: []
cpu: {sign: 12µs}
`, nil},
		"lists of lists": {`
sites: [{name: plant}]
sweep:
  axes:
    - key: ["sites[0].gateways", network.within.loss]
      values: [[4, 0%], [7, 1%]]
`, nil},
		"nothing else": {"sites: [{name: plant}]\nload: [{rate: 1/s, who: {}}]\n", nil},
	} {
		var d, again Document
		d.Lay(Source{Name: name, Text: c.text})
		for _, s := range c.settings {
			d.Set(s)
		}
		again.Lay(Source{Name: name + ", written", Text: d.Text()})
		want, err := d.Resolve()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := again.Resolve()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, d.Text())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -scenario +read again\n%s\n%s", name, diff, d.Text())
		}
		if diff := cmp.Diff(pointIDs(t, &d), pointIDs(t, &again)); diff != "" {
			t.Errorf("%s: points: %s", name, diff)
		}
		if again.Text() != d.Text() {
			t.Errorf("%s: written twice:\n%s\n%s", name, d.Text(), again.Text())
		}
	}
}

func pointIDs(t *testing.T, d *Document) (ids []string) {
	t.Helper()
	for p, err := range d.Points() {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, p.ID)
	}
	return ids
}
