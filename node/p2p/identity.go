package p2p

import (
	"fmt"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/floormesh/floormesh/dag"
)

// PeerID returns the libp2p name of a node key: the key itself, in the form
// that libp2p gives short keys (its peer-id specification, "identity" multihash).
func PeerID(key dag.PublicKey) (peer.ID, error) {
	public, err := crypto.UnmarshalEd25519PublicKey(key[:])
	if err != nil {
		return "", fmt.Errorf("peer id of %s: %w", key, err)
	}
	id, err := peer.IDFromPublicKey(public)
	if err != nil {
		return "", fmt.Errorf("peer id of %s: %w", key, err)
	}
	return id, nil
}

// PublicKey returns the node key that a libp2p peer id is made of. It is an
// error for a peer id of another kind of key.
func PublicKey(id peer.ID) (key dag.PublicKey, err error) {
	public, err := id.ExtractPublicKey()
	if err != nil {
		return key, fmt.Errorf("key of peer %s: %w", id, err)
	}
	raw, err := public.Raw()
	if err != nil {
		return key, fmt.Errorf("key of peer %s: %w", id, err)
	}
	if public.Type() != crypto.Ed25519 || len(raw) != len(key) {
		return key, fmt.Errorf("key of peer %s is not Ed25519", id)
	}
	return dag.PublicKey(raw), nil
}

// libp2pKey gives a node key the form libp2p wants.
func libp2pKey(key dag.PrivateKey) (crypto.PrivKey, error) {
	seed, public := key.Seed(), key.Public()
	return crypto.UnmarshalEd25519PrivateKey(append(seed[:], public[:]...))
}
