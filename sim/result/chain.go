package result

import "math/bits"

// A Link is the state of a partition's fingerprint chain after some number of events.
type Link struct {
	Partition uint32  `parquet:"partition"`
	Events    uint64  `parquet:"events"` // folded so far
	At        Instant `parquet:"at_ns"`
	Hash      uint64  `parquet:"hash"`
}

// chain folds the events of one partition and notes links as doc.go describes.
type chain struct {
	hash   uint64
	events uint64
	window uint64
	next   uint64 // count of events at which the next link is due
	at     Instant
	links  []Link
}

func newChain() chain { return chain{window: firstWindow, next: firstWindow} }

// fold adds an event.
func (c *chain) fold(e *Event) {
	h := c.hash
	h = mix(h ^ uint64(e.At))
	h = mix(h ^ uint64(e.Node)<<32 ^ uint64(e.Peer))
	h = mix(h ^ uint64(e.Message))
	h = mix(h ^ e.Detail ^ uint64(e.Act)<<56 ^ uint64(e.Kind)<<48)
	c.hash, c.at = h, e.At
	if c.events++; c.events == c.next {
		c.link()
	}
}

// mix is a step of a 64-bit mixer: a multiplication by the golden ratio whose
// high half is folded back. A zero input must not be a fixed point, hence the addition.
func mix(v uint64) uint64 {
	high, low := bits.Mul64(v+0x9e3779b97f4a7c15, 0xd1342543de82ef95)
	return high ^ low
}

func (c *chain) link() {
	c.links = append(c.links, Link{Events: c.events, At: c.at, Hash: c.hash})
	if len(c.links) == maxLinks {
		c.window *= 2
		kept := c.links[:0]
		for i := 1; i < maxLinks; i += 2 {
			kept = append(kept, c.links[i])
		}
		c.links = kept
	}
	c.next = c.events/c.window*c.window + c.window
}

// close returns the links of the partition; the last one is of its end.
func (c *chain) close(partition uint32) []Link {
	links := c.links
	if n := len(links); n == 0 || links[n-1].Events != c.events {
		links = append(links, Link{Events: c.events, At: c.at, Hash: c.hash})
	}
	for i := range links {
		links[i].Partition = partition
	}
	return links
}

// Fingerprint folds the ends of all partitions' chains into one number.
func Fingerprint(links []Link) (hash uint64) {
	for i, l := range links {
		if i+1 == len(links) || links[i+1].Partition != l.Partition {
			hash = mix(mix(hash^l.Hash) ^ l.Events)
		}
	}
	return hash
}
