package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/floormesh/floormesh/node/internal/client"
	"github.com/floormesh/floormesh/node/internal/fleet"
)

// milliseconds returns d in ms, to the microsecond.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

const mebibyte = 1 << 20

// snapshot is what the gateways had used at an instant. One that does not run
// has no entry.
type snapshot struct {
	at     time.Duration
	usage  map[*fleet.Gateway]fleet.Usage
	wire   map[*fleet.Gateway]float64 // bytes sent
	client time.Duration              // CPU of this process
	loop   int64                      // bytes that crossed the loopback interface
	busy   time.Duration              // of all of the machine's cores, see fleet.BusyCPU
	record int64                      // bytes of all recordings
}

func (r *run) snapshot(ctx context.Context) (*snapshot, error) {
	s := &snapshot{at: r.now(), usage: map[*fleet.Gateway]fleet.Usage{}, wire: map[*fleet.Gateway]float64{}}
	for _, g := range r.fleet.Live() {
		u, err := g.Usage()
		if err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return nil, fmt.Errorf("measure %s: %w", g.Name, err)
		}
		s.usage[g] = u
		if s.wire[g], err = wireBytes(ctx, g); err != nil {
			return nil, fmt.Errorf("measure %s: %w", g.Name, err)
		}
	}
	s.client, s.loop, s.busy = fleet.OwnCPU(), fleet.LoopbackBytes(), fleet.BusyCPU()
	var err error
	s.record, err = recordedBytes(r.Record)
	return s, err
}

func wireBytes(ctx context.Context, g *fleet.Gateway) (float64, error) {
	c := client.New(g.Ready().HTTP)
	defer c.Close()
	values, err := c.Metrics(ctx)
	return values[`floormesh_wire_bytes_total{direction="out"}`], err
}

func statusOf(ctx context.Context, g *fleet.Gateway) (*client.Status, error) {
	c := client.New(g.Ready().HTTP)
	defer c.Close()
	return c.Status(ctx)
}

// measureLoad computes what concerns the load as a whole. Gateways that were killed count
// for nothing here.
func (r *run) measureLoad(before, after *snapshot, ended time.Duration) {
	res := &r.result
	res.Gateways, res.Devices, res.Size, res.Killed = r.Gateways, r.Devices, r.Size, r.Kill
	res.Rate = "max"
	if r.Rate > 0 {
		res.Rate = strconv.Itoa(r.Rate)
	}
	res.Seconds = (ended - r.began).Seconds()
	res.Records, res.Accepted = r.due, int(r.sender.total.Load())
	res.Unsent = r.due - res.Accepted
	res.Resent, res.Reasons = int(r.sender.resent.Load()), r.sender.reasons

	span := (after.at - before.at).Seconds()
	wire, n := 0.0, 0
	for _, w := range r.throughout() {
		g := w.gateway
		u := after.usage[g]
		res.CPUPercent += 100 * (u.CPU - before.usage[g].CPU).Seconds() / span
		res.RSSMax = max(res.RSSMax, float64(u.PeakRSS)/mebibyte)
		wire += after.wire[g] - before.wire[g]
		n++
	}
	res.CPUPercent /= float64(n)
	res.ClientCPUPercent = 100 * (after.client - before.client).Seconds() / span
	busy := 100 * (after.busy - before.busy).Seconds() / span
	res.OtherCPUPercent = max(0, busy-res.CPUPercent*float64(n)-res.ClientCPUPercent)
	res.WireBytes = wire / float64(max(1, res.Accepted))
	res.RecordedBytes = float64(after.record-before.record) / span / float64(r.Gateways)

	quarter := r.Duration / 4
	first, last := r.sizeAt(r.began+quarter), r.sizeAt(r.began+r.Duration)
	if seconds := (last.at - first.at).Seconds(); seconds > 0 {
		res.RateFinal = float64(last.final-first.final) / seconds
		res.Rounds = float64(last.round-first.round) / seconds
	}
	second, fourth := r.sizeAt(r.began+2*quarter), last
	res.BacklogGrowth = int(fourth.held) - int(second.held) //nolint:gosec // records in memory
}

// throughout returns the gateways that lived from the beginning to the end.
func (r *run) throughout() []*watched {
	return slices.DeleteFunc(slices.Clone(r.watch.gateways), func(g *watched) bool { return g.reborn })
}

// sizeAt returns how far the slowest gateway was at an instant.
func (r *run) sizeAt(at time.Duration) size {
	out := size{at: at, final: math.MaxUint64, round: math.MaxUint64}
	for _, g := range r.throughout() {
		s := g.before(at)
		out.final, out.round, out.held = min(out.final, s.final), min(out.round, s.round), max(out.held, s.held)
	}
	return out
}

// before returns the newest poll at or before an instant.
func (g *watched) before(at time.Duration) size {
	g.mu.Lock()
	defer g.mu.Unlock()
	i, _ := slices.BinarySearchFunc(g.sizes, at+1, func(s size, t time.Duration) int { return int(s.at - t) })
	if i == 0 {
		return size{}
	}
	return g.sizes[i-1]
}

// measureRecovery finds when the backlog was final after one killed gateway of
// several was back. What another killed one alone has acknowledged is none of it.
func (r *run) measureRecovery() {
	if r.returned == 0 {
		return
	}
	goal := uint64(max(0, r.backlog-r.result.WaitedForKilled)) //nolint:gosec // not negative
	at := r.returned
	for _, g := range r.throughout() {
		g.mu.Lock()
		i := slices.IndexFunc(g.sizes, func(s size) bool { return s.final >= goal })
		if i < 0 {
			i = len(g.sizes) - 1 // never, so far as was seen
		}
		at = max(at, g.sizes[i].at)
		g.mu.Unlock()
	}
	r.result.RecoveryMs = milliseconds(at - r.returned)
}

// measureLatency computes when records became final, and how long that took.
func (r *run) measureLatency(ctx context.Context) error {
	finals, latencies, err := r.completions(ctx)
	if err != nil {
		return err
	}
	slices.Sort(latencies)
	r.result.Sampled = len(latencies)
	r.result.Latency = Latency{
		P50: percentile(latencies, 50), P90: percentile(latencies, 90),
		P99: percentile(latencies, 99), Max: percentile(latencies, 100),
	}
	slices.Sort(finals)
	r.measureGaps(finals)
	return nil
}

// percentile returns the nearest rank, in ms.
func percentile(sorted []time.Duration, p int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return milliseconds(sorted[max(0, (len(sorted)*p+99)/100-1)])
}

// measureGaps finds the longest times during the load in which nothing became final.
func (r *run) measureGaps(finals []time.Duration) {
	const around = time.Second // of the kill
	for i := 1; i < len(finals) && finals[i-1] < r.began+r.Duration; i++ {
		gap := milliseconds(finals[i] - finals[i-1])
		r.result.GapMs = max(r.result.GapMs, gap)
		if r.killed > 0 && finals[i] > r.killed-around && finals[i-1] < r.killed+around {
			r.result.KillGapMs = max(r.result.KillGapMs, gap)
		}
	}
}

// completions returns when records, or some of them, were seen final on the last
// of the gateways that lived throughout, and how long after they were due.
func (r *run) completions(ctx context.Context) (finals, latencies []time.Duration, err error) {
	step, finalAt := 1, r.seenFinal
	if !r.streamed() {
		step = sampleEvery
		finalAt = func(i int) (time.Duration, error) { return r.lookUp(ctx, i) }
	}
	for i := 0; i < r.due; i += step {
		if r.sender.accepted[i].Load() == 0 {
			continue
		}
		at, err := finalAt(i)
		if err != nil {
			return nil, nil, err
		}
		if at > 0 {
			finals, latencies = append(finals, at), append(latencies, at-r.dueAt(i))
		}
	}
	if !r.streamed() {
		finals = r.growth()
	}
	return finals, latencies, nil
}

// dueAt returns when record i was to be sent.
func (r *run) dueAt(i int) time.Duration {
	if r.sent != nil {
		return r.sent[i]
	}
	return r.began + newSchedule(r.Rate).at(i)
}

// seenFinal returns when a record was on the last event stream, 0 if it was not on all.
func (r *run) seenFinal(i int) (at time.Duration, err error) {
	for _, g := range r.throughout() {
		seen := time.Duration(g.seen[i].Load())
		if seen == 0 {
			return 0, nil
		}
		at = max(at, seen)
	}
	return at, nil
}

// lookUp returns when the last log was long enough to hold a record.
func (r *run) lookUp(ctx context.Context, i int) (at time.Duration, err error) {
	record, err := r.asking.Record(ctx, r.load.ids[i])
	if err != nil {
		return 0, fmt.Errorf("look up a record: %w", err)
	}
	if record.Leaf == nil {
		return 0, nil
	}
	for _, g := range r.throughout() {
		g.mu.Lock()
		k, _ := slices.BinarySearchFunc(g.sizes, *record.Leaf+1, func(s size, n uint64) int { return int(s.leaves) - int(n) }) //nolint:gosec // leaves of one run
		late := k == len(g.sizes)
		if !late {
			at = max(at, g.sizes[k].at)
		}
		g.mu.Unlock()
		if late {
			return 0, nil
		}
	}
	return at, nil
}

// growth returns the polls at which the slowest log had grown.
func (r *run) growth() (at []time.Duration) {
	last := uint64(0)
	for _, s := range r.throughout()[0].sizes {
		if now := r.sizeAt(s.at).final; now > last {
			at, last = append(at, s.at), now
		}
	}
	return at
}

// rest measures the gateways with nothing to do.
func (r *run) rest(ctx context.Context) error {
	r.Say("Measuring at rest for %s", r.Idle)
	if !r.sleepUntil(ctx, r.now()+quietTime) {
		return ctx.Err()
	}
	before, err := r.snapshot(ctx)
	if err != nil {
		return err
	}
	before.loop = fleet.LoopbackBytes() // without our own questions
	if !r.sleepUntil(ctx, r.now()+r.Idle) {
		return ctx.Err()
	}
	crossed := fleet.LoopbackBytes() - before.loop
	after, err := r.snapshot(ctx)
	if err != nil {
		return err
	}
	seconds, n := (after.at - before.at).Seconds(), float64(len(r.fleet.Gateways))
	for _, g := range r.fleet.Gateways {
		r.result.IdleCPUPercent += 100 * (after.usage[g].CPU - before.usage[g].CPU).Seconds() / seconds / n
		r.result.IdleBytes += (after.wire[g] - before.wire[g]) / seconds / n
		r.result.IdleRSS = max(r.result.IdleRSS, float64(after.usage[g].RSS)/mebibyte)
	}
	r.result.IdleLoopbackBytes = float64(crossed) / seconds / n
	return nil
}

// measureDisk sizes what the gateways have stored.
func (r *run) measureDisk() error {
	var total int64
	for _, g := range r.fleet.Gateways {
		n, err := g.DiskBytes()
		if err != nil {
			return fmt.Errorf("size the store of %s: %w", g.Name, err)
		}
		total += n
	}
	r.result.DiskBytes = float64(total) / float64(r.Gateways) / float64(max(1, r.result.Accepted))
	return nil
}
