package check

import "github.com/floormesh/floormesh/consensus/replica"

// subject is what is known of one node. Of thousands each has its turn when it has long left the
// cache: what Steps and reports take fills the first of its lines there, 64 bytes, and what writes
// take the second.
type subject struct {
	pulse pulse
	log   progress
	kept  kept
	disk  disk
	_     [16]byte
}

// pulse is when a node last did what.
type pulse struct {
	stepped, said replica.Instant
	steps         int // see Weigh
}

// Look looks at what is known of a node, and changes nothing: see sim/engine's Seer.
func (s *Suite) Look(node int) (seen uint64) {
	x := &s.nodes[node]
	return uint64(x.pulse.steps) + x.kept.cosigned
}
