package scenario

import (
	"strings"
	"time"
)

// Resolve fills in what a zero stands for and what depends on other keys, so
// that the world decides nothing. Decoding does so too; resolving twice
// changes nothing.
func (s *Scenario) Resolve() {
	s.Description = strings.TrimSpace(s.Description)
	for i := range s.Sites {
		if p := &s.Sites[i]; p.Committee == 0 {
			p.Committee = min(p.Gateways, defaultCommittee)
		}
	}
	for i := range s.Groups {
		s.Groups[i].Who.resolve()
	}
	for i := range s.Load {
		l := &s.Load[i]
		l.defaultWho()
		l.Who.resolve()
		fillDuration(&l.Stop, s.Duration)
	}
	for i := range s.Faults {
		s.Faults[i].resolve(s.Duration)
	}
	for i := range s.Adversaries {
		a := &s.Adversaries[i]
		if a.Name == "" {
			a.Name = string(a.Kind)
		}
		a.defaultWho()
		a.Who.resolve()
		a.Victims.resolve()
		fillDuration(&a.Until, s.Duration)
	}
	for i := range s.Outputs.Events {
		s.Outputs.Events[i].Who.resolve()
	}
	for i := range s.Outputs.DAG {
		s.Outputs.DAG[i].Who.resolve()
	}
}

func fillDuration(d *time.Duration, value time.Duration) {
	if *d == 0 {
		*d = value
	}
}

func (f *Fault) resolve(end time.Duration) {
	if f.Name == "" {
		f.Name = string(f.Kind)
	}
	f.Who.resolve()
	f.Against.resolve()
	fillDuration(&f.For, max(0, end-f.At))
	switch {
	case f.Times > 0:
	case f.Every == 0:
		f.Times = 1
	default:
		f.Times = int(max(0, end-1-f.At)/f.Every) + 1
	}
}

// resolve makes explicit that "f" counts within each site. A nil selector stays nil.
func (s *Selector) resolve() {
	if s != nil && s.Amount.Of == AmountFaulty {
		s.Each = true
	}
}
