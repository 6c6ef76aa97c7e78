package p2p

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/p2p/discovery/mdns"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"

	"github.com/floormesh/floormesh/dag"
)

// mdnsRetry is how long after a failure mDNS is tried again: a gateway often
// boots before its network.
const mdnsRetry = 30 * time.Second

// mdnsService returns the name under which a mesh's gateways find each other:
// its own, so that two meshes on one network do not dial each other's gateways.
func mdnsService(mesh dag.MeshID) string { return "_fm-" + hex.EncodeToString(mesh[:4]) + "._udp" }

// discover runs mDNS until ctx is done, anew whenever the node's addresses change.
func (t *Transport) discover(ctx context.Context) {
	changes, err := t.host.EventBus().Subscribe(new(event.EvtLocalAddressesUpdated), eventbus.Name("floormesh/mdns"))
	if err != nil {
		t.log.Warn("mdns disabled", errAttr(err))
		return
	}
	defer func() { _ = changes.Close() }()
	for ctx.Err() == nil {
		service := mdns.NewMdnsService(t.host, mdnsService(t.domain.Mesh), found{t})
		retry := (<-chan time.Time)(nil)
		if err := service.Start(); err != nil {
			// Normal on loopback, and on a network without multicast.
			t.log.Debug("mdns not started", errAttr(err))
			retry = time.After(mdnsRetry)
		}
		select {
		case <-ctx.Done():
		case <-retry:
		case <-changes.Out():
		}
		_ = service.Close() // it has no errors
	}
}

// found takes what mDNS finds.
type found struct{ t *Transport }

// HandlePeerFound implements mdns.Notifee. Anybody on the network can announce
// anything: addresses are only tried, and the handshake tells who is there.
func (f found) HandlePeerFound(info peer.AddrInfo) {
	r := f.t.byID[info.ID]
	if r == nil {
		return
	}
	addrs := info.Addrs[:min(len(info.Addrs), maxLearnedAddrs)]
	f.t.host.Peerstore().AddAddrs(info.ID, addrs, peerstore.TempAddrTTL)
	r.wakeUp()
}
