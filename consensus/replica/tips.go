package replica

import (
	"cmp"
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
	if r.seated {
		r.emit(Broadcast{Message: r.makeTips(false)})
	} else { // there may be thousands who follow, and one answer is enough
		to := r.peers[r.cfg.Rand.IntN(len(r.peers))]
		r.emit(Send{To: to, Message: r.tipsFor(to, false)})
	}
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

// tipsFor returns the tips for one peer: without what only members take.
func (r *Replica) tipsFor(to PeerID, reply bool) *message.Tips {
	m := r.makeTips(reply)
	if _, member := r.founding.Author(to); !member {
		m.Newest, m.Cosignature = nil, nil
	}
	return m
}

// laneTips lists how far open lanes are held without a gap: all, or if there are
// too many those that moved last. What is final of the others the commits tell.
func (r *Replica) laneTips() []message.LaneTip {
	var lanes []*lane
	for _, l := range r.laneBook.all {
		if l.tip() > 0 && !l.forked {
			lanes = append(lanes, l)
		}
	}
	if len(lanes) > message.MaxTipLanes {
		slices.SortFunc(lanes, func(a, b *lane) int {
			return cmp.Or(cmp.Compare(min(1, len(b.chain)), min(1, len(a.chain))), cmp.Compare(b.moved, a.moved), a.id.Compare(b.id))
		})
		lanes = lanes[:message.MaxTipLanes]
	}
	var tips []message.LaneTip
	for _, l := range lanes {
		tips = append(tips, message.LaneTip{Lane: l.id, Seq: l.tip(), Batch: l.tipID()})
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
	if _, member := r.founding.Author(from); member {
		a.spend(r.push(from, m.Highest))
	}
	if !m.Reply {
		own := r.tipsFor(from, true)
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
