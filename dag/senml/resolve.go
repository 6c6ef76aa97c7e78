package senml

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/floormesh/floormesh/dag"
)

// Resolve returns p in resolved form (RFC 8428 section 4.6): one record per
// measurement, without base fields, each with its full name and its absolute
// time in seconds since 1970, in chronological order (records of one time keep
// their order). A version below Version stays, on every record. received is
// what relative times are relative to: when the pack arrived, or was signed.
//
// It fails if p breaks a rule (never, if p was parsed), or if a time resolves
// to before July 1978, which SenML can express as a relative time only.
func (p Pack) Resolve(received dag.UnixMilli) (Pack, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	b, out := newBases(p), make(Pack, 0, len(p))
	for i := range p {
		r := &p[i]
		b.take(r)
		if r.onlyBase() {
			continue
		}
		at := absolute(b.timeOf(r), received)
		if at < relativeBelowSeconds {
			return nil, fmt.Errorf("record %d: %w: %g s since 1970 is before any absolute time", i, ErrTime, at)
		}
		out = append(out, b.resolved(r, at))
	}
	slices.SortStableFunc(out, func(x, y Record) int { return cmp.Compare(*x.Time, *y.Time) })
	return out, nil
}

// absolute resolves a time relative to now; below 2^28 all are (section 4.5.3).
func absolute(seconds float64, now dag.UnixMilli) float64 {
	if seconds < relativeBelowSeconds {
		return float64(now)/1000 + seconds
	}
	return seconds
}

// resolved returns the measurement that r stands for, taken at the time given.
func (b *bases) resolved(r *Record, at float64) Record {
	m := *r
	m.BaseName, m.BaseTime, m.BaseUnit, m.BaseValue, m.BaseSum, m.BaseVersion = nil, nil, nil, nil, nil, nil
	if b.version != Version {
		m.BaseVersion = new(b.version)
	}
	m.Name = b.name + r.Name
	if m.Unit == nil {
		m.Unit = b.unit
	}
	if v, ok := b.valueOf(r); ok {
		m.Value = &v
	}
	if v, ok := b.sumOf(r); ok {
		m.Sum = &v
	}
	m.Time = &at
	return m
}
