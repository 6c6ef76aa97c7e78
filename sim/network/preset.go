package network

import (
	"fmt"
	"slices"
	"time"

	"github.com/floormesh/floormesh/sim/engine"
)

// Uniform returns the delays between a number of sites that are all alike.
func Uniform(sites int, near, far engine.Distribution) [][]engine.Distribution {
	delay := make([][]engine.Distribution, sites)
	for i := range delay {
		delay[i] = slices.Repeat([]engine.Distribution{far}, sites)
		delay[i][i] = near
	}
	return delay
}

// LAN returns the delay of a switched plant network: 200 µs one way between two
// processes, and up to 100 µs more. (Measured here: 0.12 ms for a round through two libp2p
// hosts on one machine; two switches and two network cards add the rest.)
func LAN() engine.Distribution {
	return engine.Uniform(int64(200*time.Microsecond), int64(300*time.Microsecond))
}

// Regions is a published table of delays between regions.
type Regions struct {
	Names []string
	// Delay is the one-way delay between two regions, by the order of Names.
	Delay [][]engine.Distribution
	// Up and Down are the bandwidths of a node there; nil: not published.
	Up, Down []Rate
}

// Pick returns the part of the table for some regions, in the order given; a region
// may be named several times.
func (r Regions) Pick(names []string) (Regions, error) {
	picked := Regions{Names: names}
	places := make([]int, len(names))
	for i, name := range names {
		if places[i] = slices.Index(r.Names, name); places[i] < 0 {
			return Regions{}, fmt.Errorf("network: there is no region %q: use one of %q", name, r.Names)
		}
	}
	for _, from := range places {
		row := make([]engine.Distribution, 0, len(places))
		for _, to := range places {
			row = append(row, r.Delay[from][to])
		}
		picked.Delay = append(picked.Delay, row)
		if r.Up != nil {
			picked.Up = append(picked.Up, r.Up[from])
			picked.Down = append(picked.Down, r.Down[from])
		}
	}
	return picked, nil
}

// AWS returns delays between sixteen regions of AWS. Between the first ten: half of the mean
// round trips that the table "Latency Between AWS Global Regions" gives, as printed in "AWS
// Regions", acomputerscientistlearnsaws.blogspot.com, April 2017 (above its diagonal; both
// directions are taken as alike). To and between the others, which are younger: half of those
// measured by cloudping.co, as kept in github.com/libp2p/jvm-libp2p, tools/simulator, AwsLatencies.kt
// (latencyMatrixStrSample; the mean of both directions). Up to 2 % more is jitter. Within a region, between
// availability zones, 0.25 to 3.37 ms round trip (xkyle.com, "Measuring AWS Region and AZ
// Latency"). No bandwidth is given.
func AWS() Regions {
	const within = 250  // µs round trip
	trips := [][]int64{ // µs, from each region to those after it
		{72740, 86980, 80550, 88660, 145300, 178400, 216700, 230000, 119500},
		{19460, 153200, 166600, 102500, 131500, 174000, 157500, 192700},
		{137000, 159500, 89100, 118300, 161400, 162200, 182700},
		{19560, 212400, 242400, 239000, 309600, 191300},
		{236500, 266200, 325900, 323500, 194900},
		{31440, 73790, 103900, 256800},
		{71870, 134000, 286300},
		{175300, 328100},
		{322500},
	}
	younger := [][]int64{ // from each of the others to those before it
		{12500, 51500, 51500, 79000, 102000, 134000, 161500, 200000, 187000, 124000},
		{14500, 79000, 60000, 70000, 92000, 143500, 172000, 209500, 197500, 125000, 24500},
		{76000, 147000, 128000, 13000, 17000, 210500, 238000, 171000, 264500, 186000, 86000, 78000},
		{82500, 142500, 134000, 18000, 12000, 215500, 245000, 166500, 279000, 194500, 92500, 83500, 9500},
		{111500, 174000, 157500, 41500, 22000, 243000, 241500, 177500, 294500, 215000, 121000, 107500, 32500, 30000},
		{185500, 227500, 217500, 120000, 110000, 124500, 125000, 56000, 145500, 297500, 195500, 186500, 111000, 104000, 130500},
	}
	r := Regions{Names: []string{
		"us-east-1", "us-west-1", "us-west-2", "eu-west-1", "eu-central-1",
		"ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-2", "sa-east-1",
		"us-east-2", "ca-central-1", "eu-west-2", "eu-west-3", "eu-north-1", "ap-south-1",
	}}
	older := len(r.Names) - len(younger)
	for from := range r.Names {
		row := make([]engine.Distribution, len(r.Names))
		for to := range row {
			a, b := min(from, to), max(from, to)
			if a == b {
				row[to] = engine.Uniform(within*500, 3370*500)
				continue
			}
			var half int64
			if b < older {
				half = trips[a][b-a-1] * 500
			} else {
				half = younger[b-older][a] * 500
			}
			row[to] = engine.Uniform(half, half+half/50)
		}
		r.Delay = append(r.Delay, row)
	}
	return r
}

// SimBlock returns the regions of SimBlock (Aoki et al., "SimBlock: a blockchain
// network simulator", 2019): its mean latencies and its mean bandwidths of 2019
// (NetworkConfiguration.java), the latencies spread as it does, by a Pareto
// distribution of shape 5 with that mean.
func SimBlock() Regions {
	means := [][]int64{ // ms
		{32, 124, 184, 198, 151, 189},
		{124, 11, 227, 237, 252, 294},
		{184, 227, 88, 325, 301, 322},
		{198, 237, 325, 85, 58, 198},
		{151, 252, 301, 58, 12, 126},
		{189, 294, 322, 198, 126, 16},
	}
	r := Regions{
		Names: []string{"north-america", "europe", "south-america", "asia-pacific", "japan", "australia"},
		Up:    []Rate{19_200 * Kbit, 20_700 * Kbit, 5_800 * Kbit, 15_700 * Kbit, 10_200 * Kbit, 11_300 * Kbit},
		Down:  []Rate{52 * Mbit, 40 * Mbit, 18 * Mbit, 22_800 * Kbit, 22_800 * Kbit, 29_900 * Kbit},
	}
	for _, row := range means {
		delays := make([]engine.Distribution, len(row))
		for to, mean := range row {
			least := mean * int64(time.Millisecond) * 4 / 5 // of a Pareto distribution of shape 5
			delays[to] = engine.Pareto(least, 5000)
		}
		r.Delay = append(r.Delay, delays)
	}
	return r
}
