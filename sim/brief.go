package sim

import "time"

// Brief returns the plan of a short run of four gateways on a healthy plant
// network: devices hand over a few records, the mesh makes them final, certifies
// a checkpoint and falls asleep, which takes it some 25 rounds, and every
// checker watches. It is what the speed of runs is measured with; seeds differ in
// how links, disks and devices behave.
func Brief(seed uint64, crypto string) Plan {
	rng := newRand(seed, nobody, purposePlan)
	return Plan{
		Seed: seed, Nodes: 4, Crypto: crypto,
		Link: LinkPlan{
			Latency: between(rng, 100*time.Microsecond, 2*time.Millisecond),
			Jitter:  between(rng, 10*time.Microsecond, time.Millisecond),
			Notice:  time.Millisecond,
		},
		Disk:   DiskPlan{Sync: 200 * time.Microsecond, Jitter: 50 * time.Microsecond, Read: 50 * time.Microsecond},
		Clocks: make([]ClockPlan, 4),
		Load: LoadPlan{
			Devices: 2, Records: 16, Group: 2, Payload: 100,
			Spread: between(rng, time.Millisecond, 20*time.Millisecond), Start: instant(5 * time.Millisecond),
		},
	}
}
