package sim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/sim/adversary"
)

// Bounds of a plan that comes from a file. They keep a run within minutes and
// far from overflow; all plans of seeds lie well inside.
const (
	maxPlanBytes   = 1 << 20
	maxPlanNodes   = 31
	maxPlanFaults  = 1000
	maxPlanRecords = 10_000
	maxPlanDevices = 1000
	maxPlanPayload = 60_000
	maxPlanTime    = 24 * time.Hour
	maxPlanSkew    = 100_000 * time.Hour
	maxPlanMasks   = 64
	maxPlanCores   = 1024
	maxPlanSlower  = 10_000
	maxDriftPPM    = 500_000
)

// Finding is a plan with what it is kept for: the form of the files in
// testdata/regress. A plan alone is one too.
type Finding struct {
	About    string `json:"about,omitempty"`    // what went wrong, for people
	Violates string `json:"violates,omitempty"` // the property that failed when it was found
	Plan
}

// ReadFinding reads a finding and checks that it can be run.
func ReadFinding(r io.Reader) (*Finding, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxPlanBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	if len(text) > maxPlanBytes {
		return nil, fmt.Errorf("a plan of more than %d bytes", maxPlanBytes)
	}
	var f Finding
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return nil, fmt.Errorf("decode plan: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the plan")
	}
	if err := f.Validate(); err != nil {
		return nil, err
	}
	return &f, nil
}

// Validate returns everything in a plan that cannot be run.
func (p *Plan) Validate() error {
	if p.Nodes < 1 || p.Nodes > maxPlanNodes {
		return fmt.Errorf("nodes: %d, not 1 to %d", p.Nodes, maxPlanNodes) // nothing else can be judged
	}
	v := problems{}
	v.within("link.latency", p.Link.Latency, 1, maxPlanTime)
	v.within("link.jitter", p.Link.Jitter, 0, maxPlanTime)
	v.within("link.notice", p.Link.Notice, 0, maxPlanTime)
	v.number("link.loss", p.Link.Loss, 0, 1000)
	v.number("link.loss_after", p.Link.LossAfter, 0, 1000)
	v.number("link.copies", p.Link.Copies, 0, 1000)
	v.within("disk.sync", p.Disk.Sync, 0, maxPlanTime)
	v.within("disk.jitter", p.Disk.Jitter, 0, maxPlanTime)
	v.within("disk.read", p.Disk.Read, 0, maxPlanTime)
	if p.Crypto != "" && p.Crypto != CryptoOracle && p.Crypto != CryptoReal {
		v.addf("crypto: %q, not %q or %q", p.Crypto, CryptoOracle, CryptoReal)
	}
	if makerOf(p.Protocol) == nil {
		v.addf("protocol: %q, not one of %v", p.Protocol, Protocols())
	} else if p.Protocol != "" && p.Protocol != Floormesh {
		for i := range p.Liars {
			if kind := p.Liars[i].Kind; kind != adversary.Silent {
				v.addf("liars[%d].kind: %q speaks %s, not %s; %q works", i, kind, Floormesh, p.Protocol, adversary.Silent)
			}
		}
	}
	if p.CPU != nil {
		v.number("cpu.cores", p.CPU.Cores, 1, maxPlanCores)
		v.number("cpu.slower", p.CPU.Slower, 1, maxPlanSlower)
	}
	p.validateClocks(&v)
	p.validateLiars(&v)
	p.validateFaults(&v)
	p.validateLoad(&v)
	return errors.Join(v...)
}

// problems are what is wrong with a plan.
type problems []error

func (v *problems) addf(format string, args ...any) { *v = append(*v, fmt.Errorf(format, args...)) }

func (v *problems) number(name string, n, low, high int) {
	if n < low || n > high {
		v.addf("%s: %d, not %d to %d", name, n, low, high)
	}
}

func (v *problems) within(name string, d, low, high time.Duration) {
	if d < low || d > high {
		v.addf("%s: %v, not %v to %v", name, d, low, high)
	}
}

func (p *Plan) validateClocks(v *problems) {
	if len(p.Clocks) != p.Nodes {
		v.addf("clocks: %d for %d nodes", len(p.Clocks), p.Nodes)
	}
	for i, c := range p.Clocks {
		name := fmt.Sprintf("clocks[%d]", i)
		v.within(name+".skew", c.Skew, -maxPlanSkew, maxPlanSkew)
		v.number(name+".drift_ppm", int(c.DriftPPM), -maxDriftPPM, maxDriftPPM)
		v.within(name+".stops_at", time.Duration(c.StopsAt), 0, maxPlanTime)
		v.within(name+".leaps_at", time.Duration(c.LeapsAt), 0, maxPlanTime)
		v.within(name+".leap", c.Leap, -maxPlanSkew, maxPlanSkew)
	}
}

func (p *Plan) validateLiars(v *problems) {
	if most := quorum.F(p.Nodes); len(p.Liars) > most {
		v.addf("liars: %d, but %d nodes bear %d only", len(p.Liars), p.Nodes, most)
	}
	seen := map[int]bool{}
	for i, l := range p.Liars {
		name := fmt.Sprintf("liars[%d]", i)
		v.number(name+".node", l.Node, 0, p.Nodes-1)
		if seen[l.Node] {
			v.addf("%s: n%d lies already", name, l.Node)
		}
		seen[l.Node] = true
		if l.Kind != adversary.Scripted && !slices.Contains(adversary.Kinds(), l.Kind) {
			v.addf("%s.kind: %q, not %q or one of %q", name, l.Kind, adversary.Scripted, adversary.Kinds())
		}
		v.number(name+".masks", len(l.Masks), 0, maxPlanMasks)
		l.validate(v, name, p.Nodes)
	}
}

func (p *Plan) validateFaults(v *problems) {
	v.number("faults", len(p.Faults), 0, maxPlanFaults)
	if !slices.IsSortedFunc(p.Faults, func(a, b Fault) int { return cmp.Compare(a.From, b.From) }) {
		v.addf("faults: not in the order in which they begin")
	}
	for i, f := range p.Faults {
		name := fmt.Sprintf("faults[%d]", i)
		if !slices.Contains(FaultKinds(), f.Kind) {
			v.addf("%s.kind: %q, not one of %q", name, f.Kind, FaultKinds())
		}
		v.within(name+".from", time.Duration(f.From), 0, maxPlanTime)
		v.within(name+".to", time.Duration(f.To), time.Duration(f.From), maxPlanTime)
		v.within(name+".extra", f.Extra, 0, maxPlanTime)
		last := -1
		for _, n := range f.Nodes {
			if n <= last || n >= p.Nodes {
				v.addf("%s.nodes: %v, not some of 0 to %d, ascending", name, f.Nodes, p.Nodes-1)
				break
			}
			last = n
		}
	}
}

func (p *Plan) validateLoad(v *problems) {
	v.number("load.devices", p.Load.Devices, 1, maxPlanDevices)
	v.number("load.records", p.Load.Records, 0, maxPlanRecords)
	v.number("load.group", p.Load.Group, 1, maxPlanRecords)
	v.number("load.payload", p.Load.Payload, 0, maxPlanPayload)
	v.number("load.again", p.Load.Again, 0, 1000)
	v.within("load.spread", p.Load.Spread, 0, maxPlanTime)
	v.within("load.start", time.Duration(p.Load.Start), 0, maxPlanTime)
}

// FaultKinds returns every kind of fault.
func FaultKinds() []string {
	return []string{FaultCrash, FaultPower, FaultPartition, FaultDeaf, FaultDelay, FaultDisk}
}
