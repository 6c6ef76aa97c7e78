package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// regions checks that each site's region is one that the tables of its links know, and that
// there is a table which needs it.
func (c *checker) regions() {
	n := &c.s.Network
	for i := range c.s.Sites {
		path, region, needed := fmt.Sprintf("sites[%d].region", i), c.s.Sites[i].Region, false
		for _, l := range []*Link{&n.Within, &n.Between} {
			if l.Preset.tabled() {
				needed = true
				c.region(path, region, l)
			}
		}
		if region != "" && !needed {
			c.failf(path, "no link takes latencies from a table, so that a region says nothing%s", n.whoKnows(region))
		}
	}
}

// region checks a region against the table of one link.
func (c *checker) region(path, region string, l *Link) {
	known := c.s.Network.Regions(l)
	switch {
	case known == nil || slices.Contains(known, region): // a matrix that is missing is told elsewhere
	case region == "":
		c.failf(path, "missing: latencies come from the table %q; expected one of %s", l.Preset, strings.Join(known, ", "))
	default:
		c.failf(path, "the table %q knows no region %q; expected one of %s%s", l.Preset, region,
			strings.Join(known, ", "), didYouMean(region, known))
	}
}

// whoKnows says what would make use of a region: the table that knows it, or one that knows
// a region called nearly so.
func (n *Network) whoKnows(region string) string {
	presets := []LinkPreset{LinkAWS, LinkSimBlock, LinkMatrix}
	for _, p := range presets {
		if slices.Contains(n.Regions(&Link{Preset: p}), region) {
			return fmt.Sprintf("; expected none, or network.between.preset %q, whose table knows %q", p, region)
		}
	}
	for _, p := range presets {
		if near := Nearest(region, n.Regions(&Link{Preset: p})); near != "" {
			return fmt.Sprintf("; expected none, or network.between.preset %q, whose table knows %q: did you mean that?", p, near)
		}
	}
	return "; expected none, and no table knows this one"
}

// matrixRegions checks the names in a matrix.
func (c *checker) matrixRegions(names []string) {
	for i, name := range names {
		path := fmt.Sprintf("network.matrix.regions[%d]", i)
		if name == "" {
			c.failf(path, "a region without a name; expected one that sites can refer to")
		} else if slices.Contains(names[:i], name) {
			c.failf(path, "a second region called %q", name)
		}
	}
}
