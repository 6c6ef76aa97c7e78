package gossip

import (
	"errors"
	"fmt"
	"time"

	"github.com/floormesh/floormesh/sim/engine"
)

// Params are gossipsub's parameters, by its own names.
type Params struct {
	D, Dlo, Dhi, Dout int // peers in a mesh: wanted, least, most, and of them those it dialled
	Dlazy             int // peers told of messages by id at each heartbeat, at least
	Factor            int // and at least so many of a million peers outside the mesh
	Heartbeat         engine.Instant
	HeartbeatDelay    engine.Instant // of the first, after a node's start
	PruneBackoff      engine.Instant
	HistoryLength     int            // heartbeats for which a message can be asked for
	HistoryGossip     int            // heartbeats for which it is told of
	Retransmission    int            // how often one peer may ask for one message
	MaxIHaveLength    int            // ids that may be asked of a peer per heartbeat
	MaxIHaveMessages  int            // times that a peer is listened to per heartbeat
	IWantFollowup     engine.Instant // what is asked for comes within that, or a promise is broken
	IDontWantBytes    int            // a message at least so large is declined of others once it is in; 0: never
	IDontWantBeats    int            // heartbeats for which that holds
	FloodPublish      bool
	FloodBytes        int            // what FloodPublish may send of one message, but to Dlo peers at least; 0: no limit
	SeenTTL           engine.Instant // how long an id is known
	Validation        engine.Distribution
}

// Defaults returns what the real node uses: node/p2p/gossip.go sets FloodPublish and
// SeenTTL (gossipMemory), all else is go-libp2p-pubsub v0.19.0's default. Validation is
// decoding and checking one signature (24 µs) and what surrounds it.
func Defaults() Params {
	return Params{
		D: 6, Dlo: 5, Dhi: 12, Dout: 2, Dlazy: 6, Factor: 250_000,
		Heartbeat: instant(time.Second), HeartbeatDelay: instant(100 * time.Millisecond), PruneBackoff: instant(time.Minute),
		HistoryLength: 5, HistoryGossip: 3, Retransmission: 3,
		MaxIHaveLength: 5000, MaxIHaveMessages: 10,
		IWantFollowup: instant(3 * time.Second), IDontWantBytes: 1024, IDontWantBeats: 3,
		FloodPublish: true, SeenTTL: instant(30 * time.Second),
		Validation: engine.Constant(int64(50 * time.Microsecond)),
	}
}

func (p *Params) check() error {
	var errs []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	require(p.D > 0 && p.Dlo <= p.D && p.D <= p.Dhi, "D = %d must lie between Dlo = %d and Dhi = %d, and above 0", p.D, p.Dlo, p.Dhi)
	require(p.Dout >= 0 && p.Dout < max(p.Dlo, 1) && p.Dout <= p.D/2, "Dout = %d must lie below Dlo = %d and at most at half of D = %d", p.Dout, p.Dlo, p.D)
	require(p.Heartbeat > 0, "a heartbeat of %d ns", p.Heartbeat)
	require(p.HistoryGossip <= p.HistoryLength, "HistoryGossip = %d must not exceed HistoryLength = %d", p.HistoryGossip, p.HistoryLength)
	require(p.SeenTTL >= p.Heartbeat*engine.Instant(p.HistoryLength), "SeenTTL = %d ns must not be less than %d heartbeats: what is asked for would be news again", p.SeenTTL, p.HistoryLength)
	return errors.Join(errs...)
}

func instant(d time.Duration) engine.Instant { return engine.Instant(d) }
