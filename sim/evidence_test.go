package sim_test

import (
	"testing"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/adversary"
)

// plant returns a plan of n nodes in which nothing goes wrong.
func plant(seed uint64, n int) sim.Plan {
	return sim.Plan{
		Seed: seed, Nodes: n,
		Link:   sim.LinkPlan{Latency: time.Millisecond, Jitter: 200 * time.Microsecond, Notice: 50 * time.Millisecond},
		Disk:   sim.DiskPlan{Sync: 200 * time.Microsecond, Jitter: 50 * time.Microsecond, Read: 50 * time.Microsecond},
		Clocks: make([]sim.ClockPlan, n),
		Load: sim.LoadPlan{
			Devices: 2, Records: 60, Group: 4, Payload: 100,
			Spread: 500 * time.Millisecond, Start: at(10 * time.Millisecond),
		},
	}
}

func at(d time.Duration) replica.Instant { return replica.Instant(d) }

// TestEvidence runs the situations in which a prototype of this protocol
// failed. Each mistake is planted again in TestPlantedBugsAreFound.
func TestEvidence(t *testing.T) {
	for _, c := range []struct {
		name string
		n    int
		make func(p *sim.Plan)
	}{
		{"a laggard is certified before the mesh sleeps", 4, func(p *sim.Plan) {
			p.Faults = []sim.Fault{{Kind: sim.FaultPartition, From: at(200 * time.Millisecond), To: at(900 * time.Millisecond), Nodes: []int{3}}}
		}},
		{"two laggards cost the quorum until they return", 4, func(p *sim.Plan) {
			p.Faults = []sim.Fault{{Kind: sim.FaultPartition, From: at(100 * time.Millisecond), To: at(8 * time.Second), Nodes: []int{1, 3}}}
		}},
		{"a batch known only from blocks is fetched", 7, func(p *sim.Plan) {
			p.Liars = []sim.LiarPlan{{Node: 2, Kind: "withhold"}, {Node: 5, Kind: "lanes"}}
		}},
		{"cuts go by digest when lanes fork and acks lie", 7, func(p *sim.Plan) {
			p.Liars = []sim.LiarPlan{{Node: 0, Kind: "lanes"}, {Node: 6, Kind: "acks"}}
		}},
		{"a liar's acks alone move no cut", 4, func(p *sim.Plan) {
			p.Liars = []sim.LiarPlan{{Node: 1, Kind: "acks"}}
		}},
		{"large backlogs on every lane drain in one order", 10, func(p *sim.Plan) {
			p.Load.Payload, p.Load.Group = 50_000, 8
			p.Faults = []sim.Fault{
				{Kind: sim.FaultPartition, From: 1, To: at(700 * time.Millisecond), Nodes: []int{0, 1, 2}},
				{Kind: sim.FaultPartition, From: 2, To: at(700 * time.Millisecond), Nodes: []int{2, 3, 4, 5}},
			}
		}},
		{"newest blocks that are lost are sent again", 4, func(p *sim.Plan) {
			p.Link.Loss, p.Link.LossAfter = 200, 100
		}},
		{"a power cut forgets nothing that was acknowledged", 4, func(p *sim.Plan) {
			for i := range 6 {
				from := at(time.Duration(50+80*i) * time.Millisecond)
				p.Faults = append(p.Faults, sim.Fault{Kind: sim.FaultPower, From: from, To: from + at(20*time.Millisecond), Nodes: []int{0, 1, 2, 3}})
			}
		}},
		{"a crash forgets nothing that was signed", 4, func(p *sim.Plan) {
			p.Disk.Sync, p.Disk.Jitter = 5*time.Millisecond, 20*time.Millisecond
			for i := range 12 {
				from := at(time.Duration(30+40*i) * time.Millisecond)
				p.Faults = append(p.Faults, sim.Fault{Kind: sim.FaultCrash, From: from, To: from + at(15*time.Millisecond), Nodes: []int{i % 4}})
			}
		}},
		{"clocks that stand still hold nothing up", 4, func(p *sim.Plan) {
			for i := range p.Clocks {
				p.Clocks[i].StopsAt = 1
			}
		}},
		{"one gateway alone is a mesh", 1, func(*sim.Plan) {}},
		{"a node that was away for long catches up", 4, func(p *sim.Plan) {
			p.Load.Spread = 20 * time.Second
			p.Load.Records = 200
			p.Faults = []sim.Fault{{Kind: sim.FaultCrash, From: at(100 * time.Millisecond), To: at(20 * time.Second), Nodes: []int{2}}}
		}},
		{"long delays before stabilisation", 7, func(p *sim.Plan) {
			p.Liars = []sim.LiarPlan{{Node: 4, Kind: "blocks"}}
			p.Faults = []sim.Fault{{Kind: sim.FaultDelay, From: 1, To: at(6 * time.Second), Nodes: []int{0, 1, 2, 3, 4, 5, 6}, Extra: time.Second}}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, encode := range []bool{false, true} {
				p := plant(uint64(len(c.name)), c.n)
				p.Encode = encode
				c.make(&p)
				r := run(t, p)
				if r.Records < p.Load.Records && len(p.Liars) == 0 { // what a liar acknowledges is worth nothing
					t.Errorf("%d records are final, of %d", r.Records, p.Load.Records)
				}
			}
		})
	}
}

// TestEveryAdversary runs f liars of each kind on lossy links.
func TestEveryAdversary(t *testing.T) {
	for _, kind := range adversary.Kinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(3) {
				p := plant(seed, 7)
				p.Link.Loss, p.Link.LossAfter = 30, 30
				p.Encode = seed == 2
				p.Liars = []sim.LiarPlan{{Node: 1, Kind: kind}, {Node: 4, Kind: kind}}
				run(t, p)
			}
		})
	}
}
