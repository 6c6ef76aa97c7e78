package replica

import (
	"slices"

	"github.com/floormesh/floormesh/consensus/planted"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// tipsClock says when this node next tells how far it is. Asking for missing
// ancestors is not enough: when the newest blocks are lost and all wait, there
// is no child to ask about.
type tipsClock struct {
	last       Instant               // when something last moved here, or tips were said
	allowances map[PeerID]*allowance // of gateways that said tips
}

// tipsAt returns when to say tips next.
func (r *Replica) tipsAt() Instant {
	if !r.awake() || len(r.peers) == 0 || planted.NoResend {
		return Never
	}
	progress := max(r.tips.last, r.pace.last)
	return min(r.askAt(), progress+Instant(min(max(r.pace.timeout, r.cfg.Timing.Grace), r.cfg.Timing.Resend)))
}

// sayTips tells everybody how far this node is, and asks again for what blocks
// here wait for, when nothing has moved for long.
func (r *Replica) sayTips() {
	if r.now < r.tipsAt() {
		return
	}
	r.tips.last, r.past.asked = r.now, r.now
	r.emit(Broadcast{Message: r.makeTips(false)})
	r.askAgain()
}

func (r *Replica) makeTips(reply bool) *message.Tips {
	return &message.Tips{
		Highest:     append([]dag.Round(nil), r.blocks.highest...),
		Newest:      r.blocks.newest,
		Cosignature: r.cosigns.own,
		Certified:   r.cosigns.certified,
		Lanes:       r.laneTips(),
		Reply:       reply,
	}
}

// laneTips lists how far every open lane is held without a gap.
func (r *Replica) laneTips() []message.LaneTip {
	var tips []message.LaneTip
	for _, l := range r.laneBook.order {
		if l.tip() > 0 && !l.forked {
			tips = append(tips, message.LaneTip{Lane: l.id, Seq: l.tip(), Batch: l.tipID()})
		}
	}
	slices.SortFunc(tips, func(a, b message.LaneTip) int { return a.Lane.Compare(b.Lane) })
	return tips
}

// receiveTips takes what the peer tells, gives what the peer lacks, and lets
// the peer know what is lacking here.
func (r *Replica) receiveTips(from PeerID, m *message.Tips) {
	if len(m.Highest) != r.committee.N() {
		return
	}
	if m.Certified != nil {
		r.learn(from, m.Certified)
	}
	if m.Cosignature != nil {
		r.receiveCosignature(from, m.Cosignature)
	}
	if m.Newest != nil {
		r.receiveBlock(from, m.Newest)
	}
	for i := range m.Lanes {
		r.noteTip(from, &m.Lanes[i])
	}
	r.hear(from, m)
	r.answerTips(from, m)
}

// answerTips gives the peer what it lacks, as far as its allowance goes.
func (r *Replica) answerTips(from PeerID, m *message.Tips) {
	a := r.tips.allowances[from]
	if a == nil {
		a = &allowance{at: r.now}
		r.tips.allowances[from] = a
	}
	if !a.left(r.now) {
		r.emit(Curbed{Peer: from})
		return
	}
	a.spend(r.push(from, m.Highest))
	if !m.Reply {
		own := r.makeTips(true)
		a.spend(tipsBytes(own))
		r.emit(Send{To: from, Message: own})
	}
}

// tipsBytes is about how long tips are encoded.
func tipsBytes(m *message.Tips) int {
	const lane, certificate = 90, 4 << 10
	n := certificate + len(m.Lanes)*lane + len(m.Highest)*8
	if m.Newest != nil {
		n += len(m.Newest.Raw())
	}
	return n
}
