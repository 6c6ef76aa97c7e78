package replica

import (
	"time"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

// past guards this life against what its store does not tell of those before.
// An honest store tells everything; but one can be lost, or put back as an older
// copy, and keys be used elsewhere. Nobody can prove what was signed then.
// Still, asking costs one round trip, and what others know is what could do harm:
//
//   - a member makes no block before a quorum, itself included, has told that
//     it knows of none that this member does not;
//   - whoever hears of a block of its own that it does not remember is retired,
//     for good;
//   - a node with nothing in its store takes lane numbers that the lives before
//     did not have (freshLanes).
type past struct {
	started bool // the first Step has been
	alarms  []Alarm
	blank   bool          // the store holds nothing: this may or may not be the first life
	heard   consensus.Set // members that know of no block of ours that we do not
	asked   Instant       // when they were asked last
}

func newPast(from *store.Restored) past {
	p := past{
		asked: -Instant(time.Hour),
		blank: from.State == nil && len(from.Executed) == 0 && len(from.Blocks) == 0 && len(from.Batches) == 0 &&
			len(from.LaneTips) == 0 && from.Certified == nil && from.Cosigned == 0 && from.OwnLanes == 0,
	}
	if from.Retired != "" {
		p.alarms = append(p.alarms, Alarm{Kind: AlarmRetired, Detail: from.Retired})
	}
	if from.Diverged != "" {
		p.alarms = append(p.alarms, Alarm{Kind: AlarmDivergence, Detail: from.Diverged})
	}
	return p
}

// awaken does, at the first Step of a life, what New cannot: it has no outputs
// and no clock.
func (r *Replica) awaken() {
	if r.past.started {
		return
	}
	r.past.started = true
	for _, a := range r.past.alarms {
		r.emit(a)
	}
	if r.past.blank {
		r.freshLanes()
	}
}

// freshLanes moves a node with nothing in its store to lane numbers that grow
// with time: the minutes since the mesh was founded. If a life before is
// forgotten, its lanes are closed, and no batch is signed twice. A clock that
// was wrong then or is wrong now, or two lives in a minute, give a number that
// was used; then the lane is left once somebody shows it (ownLane).
func (r *Replica) freshLanes() {
	minutes := (max(r.wall, r.founding.Genesis.Created) - r.founding.Genesis.Created) / millisPerMinute
	from := dag.LaneNumber(min(minutes, maxLaneMinutes)) * dag.LaneClasses
	if from == 0 {
		return
	}
	r.write.OwnLanes = from
	for class := range r.intake.classes {
		r.intake.classes[class].lane.Number = from + dag.LaneNumber(class)
	}
}

// hear takes a member's tips: its answer to ours, or what it says by itself when
// a connection stands, since an answer may find none to go by. An answer is sent
// behind the blocks that it has and we lack, our own among them: one of those
// retires us. A member that claims to have some and shows none is not counted.
func (r *Replica) hear(from PeerID, m *message.Tips) {
	if !r.member || m.Highest[r.author] >= r.pace.next {
		return
	}
	if author, ok := r.founding.Author(from); ok {
		r.past.heard.Add(author)
	}
}

// heard reports whether a member has told that.
func (r *Replica) heard(p PeerID) bool {
	author, ok := r.founding.Author(p)
	return ok && r.past.heard.Has(author)
}

// askAt returns when the members are to be asked again what they know of us.
func (r *Replica) askAt() Instant {
	if !r.member || r.known() {
		return Never
	}
	return r.past.asked + Instant(r.cfg.Timing.Grace)
}

// known reports whether enough members have told what they know of us.
func (r *Replica) known() bool { return r.past.heard.Count()+1 >= r.committee.Q() }
