package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/internal/svg"
)

// figures returns the charts of a run that have something to show.
func figures(run *result.Run) (out []figure) {
	for _, make := range []func(*result.Run) *chart{finality, finalityOverTime, throughput, bytesByKind, propagation, rounds, memory} {
		if c := make(run); c != nil {
			out = append(out, c.figure())
		}
	}
	return out
}

// timeAxis is the axis of virtual time, the same in every chart of a run.
func timeAxis(run *result.Run) axis {
	end := int64(max(1, run.Summary.Duration))
	return axis{name: "virtual time", Scale: svg.Scale{High: end}, unit: svg.TimeUnit(end)}
}

// upTo is an axis from 0 to a greatest value.
func upTo(name string, most int64, unit svg.Unit) axis {
	return axis{name: name, Scale: svg.Scale{High: svg.RoundUp(most)}, unit: unit}
}

// distributions charts the share of values up to each duration.
func distributions(title string, names []string, all []*result.Distribution) *chart {
	least, most := int64(0), int64(0)
	for _, d := range all {
		low, high := max(1, d.Quantile(1)), max(1, d.Quantile(9990))
		if least == 0 || low < least {
			least = low
		}
		most = max(most, high)
	}
	c := &chart{title: title, along: true, y: axis{name: "share of all, %", Scale: svg.Scale{High: 10_000}, unit: svg.Unit{Per: 100}}}
	c.x = upTo("time", most, svg.TimeUnit(most))
	if most/least >= 30 {
		c.x.Scale = svg.Scale{Low: least, High: svg.RoundUp(most), Log: true}
		c.x.name = "time (logarithmic)"
	}
	c.table.Head = []string{"share", "5 %", "25 %", "50 %", "75 %", "90 %", "95 %", "99 %", "99.9 %", "most"}
	for i, d := range all {
		c.lines = append(c.lines, line{name: names[i], colour: i, points: steps(d, c.x.Low, c.x.High)})
		q := d.Quantiles()
		row := []string{names[i]}
		for _, v := range []int64{q.P5, q.P25, q.P50, q.P75, q.P90, q.P95, q.P99, q.P999, q.Max} {
			row = append(row, svg.Duration(v))
		}
		c.table.Rows = append(c.table.Rows, row)
	}
	return c
}

// steps returns the share of values up to each bucket, between two durations.
func steps(d *result.Distribution, low, high int64) (points []value) {
	total := d.Count()
	points = append(points, value{low, 0})
	var sum uint64
	for _, b := range d.Buckets {
		sum += b.Count
		if b.Middle() > high {
			break
		}
		points = append(points, value{b.Middle(), int64(sum * 10_000 / total)})
	}
	last := points[len(points)-1]
	return append(thin(points, maxPoints), value{high, last.y})
}

func finality(run *result.Run) *chart {
	var names []string
	var all []*result.Distribution
	for stage := result.Replicated; stage <= result.Witnessed; stage++ {
		if d := run.Distribution(stage.String()); d != nil {
			names, all = append(names, stage.String()), append(all, d)
		}
	}
	if len(all) == 0 {
		return nil
	}
	c := distributions("How soon records are final", names, all)
	if d := run.Distribution(result.Final.String()); d != nil {
		c.takeaway = fmt.Sprintf("Half of %s records are final within %s of being stored, 99 %% within %s; the slowest took %s (%s).",
			svg.Thousands(int64(d.Count())), svg.Duration(d.Quantile(5000)), svg.Duration(d.Quantile(9900)), svg.Duration(d.Quantile(10_000)), d.Error())
	}
	return c
}

func finalityOverTime(run *result.Run) *chart {
	c := &chart{title: "Time to final, over the run", x: timeAxis(run), bands: run.Summary.Faults}
	apart := 3 * int64(interval(run)) / 2
	c.table.Head = []string{"virtual time", "records", "50 %", "90 %", "99 %", "most"}
	half, ninety, most := line{name: "50 %", apart: apart}, line{name: "90 %", colour: 2, apart: apart}, line{name: "99 %", colour: 1, apart: apart}
	var greatest, when int64
	for _, s := range whole(run) {
		if s.Latencies == 0 {
			continue
		}
		x := middle(s)
		half.points, ninety.points, most.points = append(half.points, value{x, s.P50}), append(ninety.points, value{x, s.P90}), append(most.points, value{x, s.P99})
		if s.P99 > greatest {
			greatest, when = s.P99, x
		}
		c.table.Rows = append(c.table.Rows, []string{svg.Duration(int64(s.At)), svg.Thousands(int64(s.Latencies)), svg.Duration(s.P50), svg.Duration(s.P90), svg.Duration(s.P99), svg.Duration(s.Max)})
	}
	if greatest == 0 {
		return nil
	}
	c.lines = []line{most, ninety, half}
	c.y = upTo("time to final", greatest, svg.TimeUnit(greatest))
	c.takeaway = fmt.Sprintf("The 99 %% line is highest at %s, with %s.%s", svg.Duration(when), svg.Duration(greatest), shaded(run))
	return c
}

// shaded explains the bands, if there are any.
func shaded(run *result.Run) string {
	if len(run.Summary.Faults) == 0 {
		return ""
	}
	return " Shaded: a fault was on."
}

// interval returns the width of the intervals of a run.
func interval(run *result.Run) time.Duration {
	if len(run.Series) == 0 {
		return 0
	}
	return run.Series[0].Width
}

// whole returns the series without a last interval that the end of the run cut to
// less than half: a rate over a moment says nothing.
func whole(run *result.Run) []result.Sample {
	n := len(run.Series)
	if n > 1 && run.Series[n-1].Width < interval(run)/2 {
		n--
	}
	return run.Series[:n]
}

func middle(s result.Sample) int64 { return int64(s.At) + int64(s.Width)/2 }

// perSecond returns a rate.
func perSecond(n uint64, width time.Duration) int64 {
	return int64(n) * int64(time.Millisecond) / max(1, int64(width)/1000)
}

func throughput(run *result.Run) *chart {
	if run.Summary.Accepted+run.Summary.Final == 0 {
		return nil
	}
	c := &chart{title: "Throughput", x: timeAxis(run), bands: run.Summary.Faults}
	c.table.Head = []string{"virtual time", "stored /s", "final /s"}
	stored, final := line{name: "stored", colour: 1}, line{name: "final"}
	most := int64(1)
	for _, s := range whole(run) {
		a, f := perSecond(s.Accepted, s.Width), perSecond(s.Final, s.Width)
		most = max(most, a, f)
		stored.points, final.points = append(stored.points, value{middle(s), a}), append(final.points, value{middle(s), f})
		c.table.Rows = append(c.table.Rows, []string{svg.Duration(int64(s.At)), svg.Thousands(a), svg.Thousands(f)})
	}
	c.lines = []line{stored, final}
	c.y = upTo("", most, svg.Rate(most, "records per second"))
	c.takeaway = fmt.Sprintf("%s of %s stored records became final, %s per second over the whole run.%s",
		svg.Thousands(int64(run.Summary.Final)), svg.Thousands(int64(run.Summary.Accepted)), svg.Count(perSecond(run.Summary.Final, run.Summary.Duration), ""), shaded(run))
	return c
}

// greatestKinds returns the kinds with the most bytes, most first.
func greatestKinds(run *result.Run) []string {
	volumes := slices.Clone(run.Summary.Volumes)
	slices.SortStableFunc(volumes, func(a, b result.Volume) int {
		if a.Bytes != b.Bytes {
			return map[bool]int{true: -1, false: 1}[a.Bytes > b.Bytes]
		}
		return strings.Compare(a.Kind, b.Kind)
	})
	var names []string
	for _, v := range volumes {
		if v.Bytes > 0 && len(names) < maxKindsDrawn {
			names = append(names, v.Kind)
		}
	}
	return names
}

func bytesByKind(run *result.Run) *chart {
	kinds := greatestKinds(run)
	if len(kinds) == 0 {
		return nil
	}
	c := &chart{title: "Bytes sent, by kind of message", x: timeAxis(run), bands: run.Summary.Faults, stacked: true}
	index := map[string]int{}
	for i, k := range kinds {
		index[k] = i
		c.lines = append(c.lines, line{name: k, colour: i})
	}
	others := line{name: "others", colour: len(kinds)}
	rest := run.Traffic
	most := int64(1)
	c.table.Head = append(append([]string{"virtual time"}, kinds...), "others")
	for _, s := range whole(run) {
		rates := make([]int64, len(kinds)+1)
		for ; len(rest) > 0 && rest[0].At <= s.At; rest = rest[1:] {
			i, drawn := index[rest[0].Kind]
			if !drawn {
				i = len(kinds)
			}
			rates[i] += perSecond(rest[0].Bytes, s.Width)
		}
		row, sum := []string{svg.Duration(int64(s.At))}, int64(0)
		for i, r := range rates {
			sum += r
			row = append(row, svg.Count(r, "B/s"))
			if i < len(kinds) {
				c.lines[i].points = append(c.lines[i].points, value{middle(s), r})
			} else {
				others.points = append(others.points, value{middle(s), r})
			}
		}
		most = max(most, sum)
		c.table.Rows = append(c.table.Rows, row)
	}
	if slices.ContainsFunc(others.points, func(v value) bool { return v.y > 0 }) {
		c.lines = append(c.lines, others)
	}
	c.y = upTo("bytes per second, all nodes", most, svg.CountUnit(most, "B/s"))
	c.takeaway = volumeTakeaway(run, kinds[0]) + shaded(run)
	return c
}

func volumeTakeaway(run *result.Run, first string) string {
	var sum, greatest, messages uint64
	for _, v := range run.Summary.Volumes {
		sum += v.Bytes
		messages += v.Messages
		if v.Kind == first {
			greatest = v.Bytes
		}
	}
	text := fmt.Sprintf("%s in %s messages, %s of it %s", svg.Count(int64(sum), "B"), svg.Thousands(int64(messages)), svg.Decimal(int64(greatest*1000/sum), 10)+" %", first)
	if f := run.Summary.Final; f > 0 {
		text += fmt.Sprintf("; %s for each final record", svg.Count(int64(sum/f), "B"))
	}
	return text + "."
}

func propagation(run *result.Run) *chart {
	var names []string
	var all []*result.Distribution
	for _, k := range run.Summary.Kinds {
		if d := run.Distribution("propagation of " + k); d != nil && len(all) < svg.Colours {
			names, all = append(names, k), append(all, d)
		}
	}
	if len(all) == 0 {
		return nil
	}
	c := distributions("How soon messages reach the nodes", names, all)
	c.takeaway = fmt.Sprintf("From publishing to a node's first copy: half of the deliveries of a %s within %s, 99 %% within %s.",
		names[0], svg.Duration(all[0].Quantile(5000)), svg.Duration(all[0].Quantile(9900)))
	return c
}

func rounds(run *result.Run) *chart {
	if run.Summary.Rounds == 0 {
		return nil
	}
	c := &chart{title: "Rounds and commits", x: timeAxis(run), bands: run.Summary.Faults}
	c.table.Head = []string{"virtual time", "rounds /s", "commits /s", "highest round"}
	made, commits := line{name: "rounds"}, line{name: "commits", colour: 2}
	var before uint64
	most := int64(1)
	for _, s := range whole(run) {
		// In thousandths, for a slow mesh makes less than one round a second.
		r, k := perSecond((s.Round-before)*1000, s.Width), perSecond(s.Commits*1000, s.Width)
		before = s.Round
		most = max(most, r, k)
		made.points, commits.points = append(made.points, value{middle(s), r}), append(commits.points, value{middle(s), k})
		c.table.Rows = append(c.table.Rows, []string{svg.Duration(int64(s.At)), svg.Decimal(r, 1000), svg.Decimal(k, 1000), svg.Thousands(int64(s.Round))})
	}
	c.lines = []line{made, commits}
	c.y = upTo("per second", most, svg.Unit{Per: 1000})
	c.takeaway = fmt.Sprintf("%s rounds and %s commits; a round takes %s on average.%s", svg.Thousands(int64(run.Summary.Rounds)), svg.Thousands(int64(run.Summary.Commits)),
		svg.Duration(int64(run.Summary.Duration)/int64(run.Summary.Rounds)), shaded(run))
	return c
}

func memory(run *result.Run) *chart {
	c := &chart{title: "Memory of the replicas", x: timeAxis(run), bands: run.Summary.Faults}
	c.table.Head = []string{"virtual time", "replicas", "pending events"}
	held := line{name: "replicas", colour: 3}
	most := int64(0)
	for _, s := range whole(run) {
		most = max(most, int64(s.ReplicaBytes))
		held.points = append(held.points, value{int64(s.At) + int64(s.Width), int64(s.ReplicaBytes)})
		c.table.Rows = append(c.table.Rows, []string{svg.Duration(int64(s.At)), svg.Count(int64(s.ReplicaBytes), "B"), svg.Thousands(int64(s.Pending))})
	}
	if most == 0 {
		return nil
	}
	c.lines = []line{held}
	c.y = upTo("bytes held, all nodes", most, svg.CountUnit(most, "B"))
	c.takeaway = fmt.Sprintf("At most %s in all replicas together, %s in each node.%s", svg.Count(most, "B"), svg.Count(most/int64(run.Summary.Nodes), "B"), shaded(run))
	return c
}
