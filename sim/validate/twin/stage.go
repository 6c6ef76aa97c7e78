package twin

import (
	"slices"
	"time"
)

// Stage is one part of a record's life whose length is compared.
type Stage string

// The stages. All begin when the gateway that a record was submitted to takes it.
const (
	Stored    Stage = "stored"                  // until it is durable there
	Delivered Stage = "delivered"               // until another gateway has its batch: one for each
	Final     Stage = "final where taken"       // until it is final there
	Elsewhere Stage = "final on other gateways" // until it is final on another: one for each
)

// Stages returns all stages in order.
func Stages() []Stage { return []Stage{Stored, Delivered, Final, Elsewhere} }

// Sample is how long the stages of a mesh's records took, each ascending.
type Sample struct {
	Records int
	Missing int // ends of stages that should have been seen, and were not
	Lengths map[Stage][]time.Duration
}

// sample measures the stages of all journeys that began.
func (j *journeys) sample() *Sample {
	s := &Sample{Lengths: map[Stage][]time.Duration{}}
	for _, r := range j.records { // any order: sorted below
		if r.by < 0 {
			continue
		}
		s.Records++
		taken := r.taken + j.gateways[r.by].offset
		add := func(stage Stage, gateway int, at time.Duration) {
			if at == 0 {
				s.Missing++
				return
			}
			s.Lengths[stage] = append(s.Lengths[stage], at+j.gateways[gateway].offset-taken)
		}
		add(Stored, r.by, r.stored)
		add(Final, r.by, r.final[r.by])
		for g := range j.gateways {
			if g != r.by {
				add(Delivered, g, r.held[g])
				add(Elsewhere, g, r.final[g])
			}
		}
	}
	for _, lengths := range s.Lengths {
		slices.Sort(lengths)
	}
	return s
}

// Quantile returns the least length that at least so many percent of all do not exceed.
func (s *Sample) Quantile(stage Stage, percent int) time.Duration {
	sorted := s.Lengths[stage]
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, (len(sorted)*percent+99)/100-1)]
}
