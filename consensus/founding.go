package consensus

import "github.com/floormesh/floormesh/dag"

// Founding is what a genesis document says to state machines, worked out once:
// for thousands of gateways that takes a while, and a megabyte. State machines of
// one process share it. Immutable.
type Founding struct {
	Genesis   *dag.Genesis
	Domain    *dag.Domain
	Committee *Committee

	members  []dag.PublicKey            // node keys, by author
	gateways map[dag.PublicKey]seat     // by node key
	devices  map[dag.PublicKey]struct{} // nil: any
}

// seat is a gateway's place in the genesis, and in the committee if it has one.
type seat struct {
	number uint32
	author dag.Author
	member bool
}

// Found works out what a genesis document says. It must be valid, as
// DecodeGenesis leaves it: its keys are not checked again, which would cost 6 µs each.
func Found(g *dag.Genesis) *Founding {
	d := g.Domain()
	f := &Founding{
		Genesis: g, Domain: d,
		Committee: &Committee{Epoch: d.Epoch, Members: d.Members},
		gateways:  make(map[dag.PublicKey]seat, len(g.Gateways)),
	}
	for i := range g.Gateways {
		gw := &g.Gateways[i]
		s := seat{number: uint32(i)}
		if gw.IsMember() {
			s.author, s.member = dag.Author(len(f.members)), true
			f.members = append(f.members, gw.Node)
		}
		f.gateways[gw.Node] = s
	}
	if g.Devices != nil {
		f.devices = make(map[dag.PublicKey]struct{}, len(g.Devices))
		for _, d := range g.Devices {
			f.devices[d] = struct{}{}
		}
	}
	return f
}

// IsGateway reports whether a node key is a gateway's.
func (f *Founding) IsGateway(node dag.PublicKey) bool {
	_, ok := f.gateways[node]
	return ok
}

// Number returns a gateway's index in the genesis, and false for a key that is
// no gateway's.
func (f *Founding) Number(node dag.PublicKey) (uint32, bool) {
	s, ok := f.gateways[node]
	return s.number, ok
}

// Author returns the seat of the member whose node key is given, and false for
// a gateway that is no member.
func (f *Founding) Author(node dag.PublicKey) (dag.Author, bool) {
	s := f.gateways[node]
	return s.author, s.member
}

// Member returns the node key of a member. Authors beyond the committee panic.
func (f *Founding) Member(a dag.Author) dag.PublicKey { return f.members[a] }

// Followers reports whether there are gateways outside the committee.
func (f *Founding) Followers() bool { return len(f.members) < len(f.gateways) }

// Entitled reports whether records signed by key are accepted in epoch 0.
func (f *Founding) Entitled(key dag.PublicKey) bool {
	if f.devices == nil {
		return true
	}
	_, ok := f.devices[key]
	return ok || f.IsGateway(key)
}
