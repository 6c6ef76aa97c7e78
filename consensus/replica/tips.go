package replica

import (
	"cmp"
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/planted"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// tipsClock says when this node next tells how far it is. Asking for missing
// ancestors is not enough: when the newest blocks are lost and all wait, there
// is no child to ask about.
//
// When nothing moves, messages may be lost, or everybody is busy and they wait in
// queues. From here that looks the same. To tell all, and be pushed by each what
// lies in the own queue already, makes busy nodes busier, and so all wait for
// longer: twenty gateways on two cores never came out of that. Therefore a few
// are told, others the next time; and until one of them answers, again only
// after twice as long. An answer comes behind what was pushed, so that whoever is
// told next pushes what is still missing then.
type tipsClock struct {
	last       Instant               // when something last moved here, or tips were said
	wait       time.Duration         // for how long nothing is to move, at least, before they are said again
	asked      []PeerID              // who is to answer the last ones
	answered   bool                  // one of those did
	allowances map[PeerID]*allowance // of gateways that said tips
	pushes     map[PeerID]*pushed    // to members that said tips
}

// tipsAt returns when to say tips next.
func (r *Replica) tipsAt() Instant {
	if !r.awake() || len(r.peers) == 0 || planted.NoResend {
		return Never
	}
	progress := max(r.tips.last, r.pace.last)
	patience := min(max(r.pace.timeout, r.cfg.Timing.Grace), r.cfg.Timing.Resend)
	return min(r.askAt(), progress+Instant(max(patience, r.tips.wait)))
}

// sayTips tells a few how far this node is, and asks again for what blocks here
// wait for, when nothing has moved for long. Every member is reminded of what it
// may not have of this one, which costs little and is not answered.
func (r *Replica) sayTips() {
	if r.now < r.tipsAt() {
		return
	}
	members := r.connectedMembers()
	r.tips.turn(r.toAsk(members), &r.cfg.Timing)
	r.tips.last, r.past.asked = r.now, r.now
	if r.seated && len(r.tips.asked) == len(members) {
		r.emit(Broadcast{Message: r.makeTips(false)})
	} else {
		r.remind()
		for _, to := range r.tips.asked {
			r.emit(Send{To: to, Message: r.tipsFor(to, false)})
		}
	}
	r.askAgain()
}

// turn begins a wait for those who are asked now. If none of those before has
// answered, it is twice as long; if one has, half as long.
func (c *tipsClock) turn(asked []PeerID, t *Timing) {
	switch {
	case len(c.asked) == 0:
	case c.answered:
		c.wait /= 2
	default:
		c.wait = min(2*max(c.wait, t.Grace), t.TimeoutCap)
	}
	c.asked, c.answered = asked, false
}

func (r *Replica) connectedMembers() []PeerID {
	var members []PeerID
	for _, p := range r.peers {
		if _, ok := r.founding.Author(p); ok {
			members = append(members, p)
		}
	}
	return members
}

// toAsk draws whom to tell how far this node is. Who follows tells one of
// any kind: there may be thousands. A member that has started asks all who have
// not told yet what they know of it.
func (r *Replica) toAsk(members []PeerID) []PeerID {
	if !r.seated {
		return []PeerID{r.peers[r.cfg.Rand.IntN(len(r.peers))]}
	}
	if r.member && !r.known() {
		if silent := slices.DeleteFunc(slices.Clone(members), r.heard); len(silent) > 0 {
			return silent
		}
	}
	if len(members) <= maxAsked {
		return members
	}
	drawn := slices.Clone(members)
	r.cfg.Rand.Shuffle(len(drawn), func(i, k int) { drawn[i], drawn[k] = drawn[k], drawn[i] })
	return drawn[:maxAsked]
}

// remind sends the own newest block, and the newest cosignature while it is of
// use, to all members: either may have been lost on the way to everybody.
func (r *Replica) remind() {
	if !r.seated {
		return
	}
	if own := r.blocks.newest; own != nil {
		r.emit(Broadcast{Message: &message.Blocks{Blocks: []*dag.Block{own}}})
	}
	if own := r.cosigns.own; own != nil && own.Commit > r.cosigns.certifiedCommit() {
		r.emit(Broadcast{Message: &message.Cosign{Cosignature: own}})
	}
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
	if m.Reply && slices.Contains(r.tips.asked, from) {
		r.tips.answered = true
	}
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
