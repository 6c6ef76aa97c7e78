package replay

import (
	"slices"

	"github.com/floormesh/floormesh/consensus/replica/recording"
	"github.com/floormesh/floormesh/dag"
)

// pen signs with the signatures that were recorded.
type pen struct {
	left  []recording.Signature // of this Step, not asked for yet
	amiss int                   // signatures that were asked for and are not there
}

// turn begins a Step.
func (p *pen) turn(made []recording.Signature) { p.left, p.amiss = slices.Clone(made), 0 }

// Sign implements dag.Signer: the signature that was made of the message in this
// Step, the zero one if none was.
func (p *pen) Sign(message []byte) dag.Signature {
	digest := recording.DigestOf(message)
	at := slices.IndexFunc(p.left, func(s recording.Signature) bool { return s.Message == digest })
	if at < 0 {
		p.amiss++
		return dag.Signature{}
	}
	made := p.left[at].Signature
	p.left = slices.Delete(p.left, at, at+1)
	return made
}

// wrong reports whether something else was signed than at the gateway.
func (p *pen) wrong() bool { return p.amiss > 0 || len(p.left) > 0 }
