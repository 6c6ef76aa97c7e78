package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim/adversary"
)

// Plan is everything that happens to a world from outside: data, so that a
// failing one can be printed, changed and run again.
type Plan struct {
	Seed   uint64      `json:"seed"`
	Nodes  int         `json:"nodes"`
	Link   LinkPlan    `json:"link"`
	Disk   DiskPlan    `json:"disk"`
	Clocks []ClockPlan `json:"clocks"` // by node
	Liars  []LiarPlan  `json:"liars,omitempty"`
	Faults []Fault     `json:"faults,omitempty"` // ascending by From
	Load   LoadPlan    `json:"load"`
	// Crypto is what signatures are made with: CryptoOracle, which the zero value
	// means too, or CryptoReal.
	Crypto string `json:"crypto,omitempty"`
	// Encode sends every message through its bytes instead of handing it over.
	Encode bool `json:"encode,omitempty"`
	// CPU says what the nodes' work takes; nil means no time at all.
	CPU *CPUPlan `json:"cpu,omitempty"`
	// Protocol is what the nodes run: one of Protocols; the zero value means ours.
	Protocol string `json:"protocol,omitempty"`
}

// Kinds of signatures.
const (
	CryptoOracle = "oracle" // nobody can forge them, and they cost next to nothing
	CryptoReal   = "real"   // Ed25519, as in a plant
)

// LinkPlan says how every link behaves.
type LinkPlan struct {
	Latency time.Duration `json:"latency"`
	Jitter  time.Duration `json:"jitter"` // added, uniform; reorders messages unless Ordered
	Ordered bool          `json:"ordered,omitempty"`
	// Loss and Copies are in thousandths of the messages.
	Loss   int `json:"loss,omitempty"`
	Copies int `json:"copies,omitempty"`
	// LossAfter is the loss once all faults are over.
	LossAfter int `json:"loss_after,omitempty"`
	// Notice is how long a node takes to see that a connection stands or fell.
	Notice time.Duration `json:"notice"`
}

// CPUPlan says what every node computes with.
type CPUPlan struct {
	Cores int `json:"cores"`
	// Slower is how many times longer everything takes than oracle.DefaultCosts
	// says; a gateway's processor takes some 5 to 20 times as long.
	Slower int `json:"slower"`
}

// DiskPlan says how every disk behaves.
type DiskPlan struct {
	Sync   time.Duration `json:"sync"`
	Jitter time.Duration `json:"jitter"`
	Read   time.Duration `json:"read"`
}

// LoadPlan says what devices submit.
type LoadPlan struct {
	Devices int             `json:"devices"`
	Records int             `json:"records"`
	Group   int             `json:"group"`   // records handed over together, at most
	Payload int             `json:"payload"` // bytes of a record's payload, at most
	Spread  time.Duration   `json:"spread"`  // all are submitted within this time
	Start   replica.Instant `json:"start"`
	Again   int             `json:"again,omitempty"` // thousandths submitted a second time at another node
}

// Options narrow what Draw may draw.
type Options struct {
	Nodes  int    // 0: any
	Crypto string // as in Plan
	// Protocol is as in Plan. Of another than ours no node lies: adversaries speak ours.
	Protocol string
}

// Draw returns the plan of a seed.
func Draw(seed uint64, o Options) Plan {
	rng := newRand(seed, nobody, purposePlan)
	p := Plan{Seed: seed, Nodes: drawNodes(rng), Crypto: o.Crypto}
	if o.Nodes != 0 {
		p.Nodes = o.Nodes
	}
	p.Encode = rng.IntN(4) == 0
	p.Link = drawLink(rng)
	p.Disk = drawDisk(rng)
	p.Clocks = drawClocks(rng, p.Nodes)
	p.Liars = drawLiars(rng, p.Nodes)
	p.Load = drawLoad(rng)
	p.Faults = drawFaults(rng, &p)
	if o.Protocol != "" && o.Protocol != Floormesh {
		p.Protocol, p.Liars = o.Protocol, nil
	}
	if storm := newRand(seed, nobody, purposeStorm); storm.IntN(8) == 0 {
		p.Link.Loss = 200 + storm.IntN(300)
		p.Link.LossAfter = storm.IntN(101)
	}
	if cpu := newRand(seed, nobody, purposeCPU); cpu.IntN(8) == 0 {
		p.CPU = &CPUPlan{Cores: 1 + cpu.IntN(4), Slower: 1 + cpu.IntN(20)}
	}
	return p
}

func drawNodes(rng *rand.Rand) int {
	sizes := []int{1, 3, 3, 4, 4, 4, 4, 4, 7, 10}
	return sizes[rng.IntN(len(sizes))]
}

// between draws a duration from low up to, not including, high.
func between(rng *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(rng.Int64N(int64(high-low)))
}

func drawLink(rng *rand.Rand) LinkPlan {
	l := LinkPlan{
		Latency: between(rng, 100*time.Microsecond, 5*time.Millisecond),
		Notice:  between(rng, time.Millisecond, 500*time.Millisecond),
		Ordered: rng.IntN(2) == 0,
	}
	if rng.IntN(5) == 0 {
		l.Latency = between(rng, 10*time.Millisecond, 150*time.Millisecond)
	}
	l.Jitter = between(rng, l.Latency/10+1, l.Latency*2+2)
	if rng.IntN(2) == 0 {
		l.Loss = rng.IntN(101)
		l.LossAfter = rng.IntN(l.Loss + 1)
	}
	if rng.IntN(3) == 0 {
		l.Copies = rng.IntN(100)
	}
	return l
}

func drawDisk(rng *rand.Rand) DiskPlan {
	d := DiskPlan{
		Sync: between(rng, 50*time.Microsecond, 2*time.Millisecond),
		Read: between(rng, 10*time.Microsecond, time.Millisecond),
	}
	if rng.IntN(6) == 0 { // an eMMC card
		d.Sync = between(rng, 5*time.Millisecond, 40*time.Millisecond)
	}
	d.Jitter = between(rng, 1, 2*d.Sync)
	return d
}

func drawClocks(rng *rand.Rand, nodes int) []ClockPlan {
	clocks := make([]ClockPlan, nodes)
	for i := range clocks {
		clocks[i].Skew = between(rng, -50*time.Millisecond, 50*time.Millisecond)
		clocks[i].DriftPPM = rng.Int64N(401) - 200
	}
	if rng.IntN(4) == 0 { // nobody ever set the clocks
		for i := range clocks {
			clocks[i].Skew = between(rng, -1000*time.Hour, 1000*time.Hour)
		}
	}
	if rng.IntN(4) == 0 {
		c := &clocks[rng.IntN(nodes)]
		if rng.IntN(2) == 0 {
			c.StopsAt = instant(between(rng, time.Millisecond, 3*time.Second))
		} else {
			c.LeapsAt = instant(between(rng, time.Millisecond, 3*time.Second))
			c.Leap = between(rng, -100*time.Hour, 100*time.Hour)
		}
	}
	if rng.IntN(12) == 0 { // a plant whose clocks all stand still
		for i := range clocks {
			clocks[i].StopsAt = 1
		}
	}
	return clocks
}

func drawLiars(rng *rand.Rand, nodes int) []LiarPlan {
	most := quorum.F(nodes)
	if most == 0 || rng.IntN(10) < 3 {
		return nil
	}
	var liars []LiarPlan
	seats := rng.Perm(nodes)
	kinds := adversary.Kinds()
	for _, seat := range seats[:1+rng.IntN(most)] {
		liars = append(liars, LiarPlan{Node: seat, Kind: kinds[rng.IntN(len(kinds))]})
	}
	return liars
}

func drawLoad(rng *rand.Rand) LoadPlan {
	l := LoadPlan{
		Devices: 1 + rng.IntN(5),
		Group:   1 + rng.IntN(8),
		Payload: 40 + rng.IntN(200),
		Start:   instant(between(rng, time.Millisecond, 300*time.Millisecond)),
	}
	switch rng.IntN(6) {
	case 0: // a trickle: the mesh falls asleep between readings
		l.Records, l.Group = 1+rng.IntN(8), 1
		l.Spread = between(rng, 2*time.Second, 8*time.Second)
	case 1: // a burst
		l.Records = 100 + rng.IntN(200)
		l.Spread = between(rng, time.Millisecond, 20*time.Millisecond)
	case 2: // waveforms: batches so large that a block cannot list them all
		l.Records, l.Group = 40+rng.IntN(100), 8
		l.Payload = 50_000
		l.Spread = between(rng, 50*time.Millisecond, time.Second)
	default:
		l.Records = 30 + rng.IntN(150)
		l.Spread = between(rng, 100*time.Millisecond, 2*time.Second)
	}
	if rng.IntN(3) == 0 {
		l.Again = rng.IntN(100)
	}
	return l
}

func instant(d time.Duration) replica.Instant { return replica.Instant(d) }

// String sums a plan up in one line, for people.
func (p *Plan) String() string {
	text := fmt.Sprintf("%d nodes, links %v+%v, loss %d‰, sync %v, %d records within %v",
		p.Nodes, p.Link.Latency, p.Link.Jitter, p.Link.Loss, p.Disk.Sync, p.Load.Records, p.Load.Spread)
	if p.CPU != nil {
		text += fmt.Sprintf(", %d cores, %d times slower", p.CPU.Cores, p.CPU.Slower)
	}
	text += each(p.Liars, func(l LiarPlan) string { return fmt.Sprintf("n%d lies (%s)", l.Node, l.Kind) })
	text += each(p.Faults, func(f Fault) string {
		return fmt.Sprintf("%s of %v for %v", f.Kind, f.Nodes, time.Duration(f.To-f.From))
	})
	return text
}
