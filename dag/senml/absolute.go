package senml

// Absolute returns p with its relative times replaced by what they mean when it
// is now, in seconds since 1970, so that p says the same at any later time: Resolve gives the same for
// it whatever its argument. What signs for a device that has no clock needs
// this; otherwise two equal readings would be one statement. A pack
// without relative times is returned as it is.
func (p Pack) Absolute(now float64) Pack {
	if !p.relative() {
		return p
	}
	b, out := newBases(p), make(Pack, 0, len(p))
	for _, r := range p {
		b.take(&r)
		only, at := r.onlyBase(), b.timeOf(&r)
		r.BaseTime = nil
		if !only {
			if at < relativeBelowSeconds {
				at += now
			}
			r.Time = &at
		} else if !r.hasBase() {
			continue // it had a base time and nothing else
		}
		out = append(out, r)
	}
	return out
}

// relative reports whether any measurement of p has a relative time.
func (p Pack) relative() bool {
	b := newBases(p)
	for i := range p {
		b.take(&p[i])
		if !p[i].onlyBase() && b.timeOf(&p[i]) < relativeBelowSeconds {
			return true
		}
	}
	return false
}
