package sim

import "github.com/floormesh/floormesh/sim/adversary"

// reaches reports whether what a node says to everyone goes to another: gossip finds a
// way to all, direct streams lead to peers. A real gateway does not gossip to those whom
// it has just told the same on direct streams (node/p2p, GossipPolicy), nor does
// one of a scenario. In plans, whose links are what is tested, both go out.
func (n *node) reaches(w *World, to *node, s adversary.Speech) bool {
	connected := n.peers[to.id] != 0
	if !s.Gossip {
		n.told = s.Message
		return connected
	}
	return !connected || w.site == nil || n.liar != nil || s.Message == nil || s.Message != n.told
}
