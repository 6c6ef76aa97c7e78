package replica

import (
	"slices"

	"github.com/floormesh/floormesh/sync/message"
)

// receive dispatches a peer's message. Signatures have been checked.
func (r *Replica) receive(from PeerID, m message.Message) {
	if !r.founding.IsGateway(from) {
		return
	}
	switch m := m.(type) {
	case *message.Blocks:
		for _, b := range m.Blocks {
			r.receiveBlock(from, b)
		}
	case *message.Batches:
		for _, b := range m.Batches {
			r.receiveBatch(from, b)
		}
	case *message.Cosign:
		r.receiveCosignature(from, m.Cosignature)
	case *message.Tips:
		r.receiveTips(from, m)
	case *message.Commits:
		r.receiveCommits(from, m)
	case *message.WantBlocks, *message.WantBatches, *message.WantLane, *message.WantCommits:
		r.emit(Serve{To: from, Request: m})
	}
}

// connect and disconnect keep the list of peers in key order, because whom to
// ask is drawn from it.
func (r *Replica) connect(p PeerID) {
	at, known := slices.BinarySearchFunc(r.peers, p, PeerID.Compare)
	if known || !r.founding.IsGateway(p) || p == r.self {
		return
	}
	if len(r.peers)+1 < r.committee.Q() {
		// Waiting for a quorum says nothing of how slow it is. With one at hand,
		// nobody shall shorten the timeout by coming and going.
		r.pace.timeout = r.cfg.Timing.TimeoutFloor
	}
	r.peers = slices.Insert(r.peers, at, p)
	r.laneBook.missing.Retry(int64(r.now))
	r.blocks.missing.Retry(int64(r.now))
	r.past.asked = r.now
	delete(r.tips.pushes, p) // what was on its way is lost
	r.emit(Send{To: p, Message: r.tipsFor(p, false)})
}

func (r *Replica) disconnect(p PeerID) {
	if at, known := slices.BinarySearchFunc(r.peers, p, PeerID.Compare); known {
		r.peers = slices.Delete(r.peers, at, at+1)
	}
}
