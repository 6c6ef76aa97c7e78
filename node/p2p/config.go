package p2p

import (
	"errors"
	"fmt"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// Config says who this node is and where its peers are.
type Config struct {
	// Key is the node's key; its public half must be in the genesis.
	Key dag.PrivateKey
	// Genesis founds the mesh. It must be valid and must not change.
	Genesis *dag.Genesis
	// Listen holds the multiaddresses to listen on, TCP and QUIC; none means
	// DefaultListen.
	Listen []string
	// Peers holds known addresses of other gateways, with or without /p2p/… at
	// their end. Gateways that are not here are found by mDNS, or dial us.
	Peers map[dag.PublicKey][]string
	// MDNS announces this node on the local network and looks for others.
	MDNS bool
	// Gossip says when to gossip.
	Gossip GossipPolicy
}

// GossipPolicy says when Transport.Gossip uses gossip beside direct streams.
type GossipPolicy uint8

// Gossip policies.
const (
	// GossipWhenNeeded gossips while some gateway that is not directly connected
	// here is directly connected to a neighbour.
	GossipWhenNeeded GossipPolicy = iota
	// GossipAlways gossips everything.
	GossipAlways
)

// Handler takes what arrives. Its methods are called from several goroutines,
// though for one peer Connected and Disconnected alternate. They may block: that slows the peer
// down. They must return once Close has been called.
type Handler interface {
	// Received takes verified messages that arrived together; it owns the slice. They may arrive
	// before Connected and after Disconnected. Of a gossiped message, from is
	// the neighbour that passed it on.
	Received(from dag.PublicKey, messages []dag.Verified[message.Message])
	// Connected reports that messages to a peer are being delivered now.
	Connected(to dag.PublicKey)
	// Disconnected reports that they are not any more.
	Disconnected(from dag.PublicKey)
}

// DefaultListen returns the addresses of a node that was not configured to be
// reached from elsewhere: loopback, on ports that the system chooses.
func DefaultListen() []string {
	return []string{"/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"}
}

// Validate returns every problem at once.
func (c *Config) Validate() error {
	var problems []error
	if c.Genesis == nil {
		return errors.New("no genesis")
	}
	if !isGateway(c.Genesis, c.Key.Public()) {
		problems = append(problems, fmt.Errorf("node key %s is not in the genesis", c.Key.Public()))
	}
	for _, text := range c.Listen {
		if _, err := ma.NewMultiaddr(text); err != nil {
			problems = append(problems, fmt.Errorf("listen address %q: %w", text, err))
		}
	}
	for key, addrs := range c.Peers {
		if !isGateway(c.Genesis, key) {
			problems = append(problems, fmt.Errorf("peer %s is not in the genesis", key))
			continue
		}
		if _, err := parseAddrs(key, addrs); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

func isGateway(g *dag.Genesis, key dag.PublicKey) bool {
	for i := range g.Gateways {
		if g.Gateways[i].Node == key {
			return true
		}
	}
	return false
}

// parseAddrs parses a peer's addresses and checks that those which name a peer name it.
func parseAddrs(key dag.PublicKey, texts []string) ([]ma.Multiaddr, error) {
	id, err := PeerID(key)
	if err != nil {
		return nil, err
	}
	addrs := make([]ma.Multiaddr, 0, len(texts))
	for _, text := range texts {
		full, err := ma.NewMultiaddr(text)
		if err != nil {
			return nil, fmt.Errorf("address %q of peer %s: %w", text, key, err)
		}
		addr, named := peer.SplitAddr(full)
		if named != "" && named != id {
			return nil, fmt.Errorf("address %q of peer %s names another peer, want %s", text, key, id)
		}
		if len(addr) == 0 {
			return nil, fmt.Errorf("address %q of peer %s has no place in it", text, key)
		}
		addrs = append(addrs, addr)
	}
	return addrs, nil
}
