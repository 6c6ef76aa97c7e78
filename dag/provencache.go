package dag

import "crypto/sha256"

// provenCache remembers checks that held, in two generations: when the younger
// is full it becomes the older, and what nobody asked for meanwhile is gone.
// The zero value remembers nothing.
type provenCache struct {
	limit      int // of a generation
	young, old map[Digest]struct{}
}

// Remember makes v pass over checks that it has seen hold, at most twice limit
// of them, 32 bytes and some each. The same block or cosignature reaches a node
// in several messages, and hashing it costs a hundredth of verifying it.
// Without a call nothing is remembered.
func (v *Verifier) Remember(limit int) { v.proven = provenCache{limit: limit} }

// name is the digest of all that a check's outcome depends on.
func (c *Check) name() (d Digest) {
	h := sha256.New()
	h.Write(c.Key[:])
	h.Write(c.Signature[:])
	h.Write(c.Message)
	h.Sum(d[:0])
	return d
}

// has reports whether a check is known to hold.
func (p *provenCache) has(c *Check) bool {
	if p.limit == 0 {
		return false
	}
	name := c.name()
	if _, ok := p.young[name]; ok {
		return true
	}
	_, ok := p.old[name]
	if ok {
		p.keep(name)
	}
	return ok
}

// add notes a check that holds.
func (p *provenCache) add(c *Check) {
	if p.limit > 0 {
		p.keep(c.name())
	}
}

func (p *provenCache) keep(name Digest) {
	if p.young == nil || len(p.young) >= p.limit {
		p.young, p.old = make(map[Digest]struct{}), p.young
	}
	p.young[name] = struct{}{}
}
