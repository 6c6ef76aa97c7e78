package hotstuff

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagcbor"
)

// View is a turn of one leader; the first is 1. A commit names its block's
// view as its leader's round.
type View = dag.Round

// Ballot is one member's vote in a certificate: for a block, or for leaving a view.
type Ballot struct {
	Author    dag.Author
	Word      uint64 // what else its author says: the clock reading (ms) with a vote, the highest certified view with a timeout
	Signature dag.Signature
}

// Certificate says that a quorum voted for a block. The nil Certificate is that
// of the empty chain, in view 0.
type Certificate struct {
	View  View
	Block dag.BlockID
	Votes []Ballot // by ascending author
}

// TimeoutCertificate says that a quorum has left a view.
type TimeoutCertificate struct {
	View     View
	Timeouts []Ballot // by ascending author
}

// view returns the view of what is certified.
func (c *Certificate) view() View {
	if c == nil {
		return 0
	}
	return c.View
}

// block returns what is certified; zero: the empty chain.
func (c *Certificate) block() dag.BlockID {
	if c == nil {
		return dag.BlockID{}
	}
	return c.Block
}

// voters returns who voted.
func (c *Certificate) voters() (s consensus.Set) {
	if c != nil {
		for i := range c.Votes {
			s.Add(c.Votes[i].Author)
		}
	}
	return s
}

// clock returns the lower median of the voters' clock readings, 0 for the empty
// chain: no liar alone decides what time it is.
func (c *Certificate) clock() dag.UnixMilli {
	if c == nil {
		return 0
	}
	readings := make([]uint64, len(c.Votes))
	for i := range c.Votes {
		readings[i] = c.Votes[i].Word
	}
	slices.Sort(readings)
	return dag.UnixMilli(min(readings[(len(readings)-1)/2], uint64(dag.MaxUnixMilli)))
}

// Checks implements dag.Signed: every vote's signature, of a quorum of distinct members.
func (c *Certificate) Checks(d *dag.Domain, to []dag.Check) ([]dag.Check, error) {
	if c == nil {
		return to, nil
	}
	return checkBallots(d, c.Votes, to, func(b *Ballot) []byte { return voteMessage(d.Epoch, c.View, c.Block, b.Word) })
}

// Checks implements dag.Signed: every timeout's signature, of a quorum of distinct members.
func (c *TimeoutCertificate) Checks(d *dag.Domain, to []dag.Check) ([]dag.Check, error) {
	if c == nil {
		return to, nil
	}
	return checkBallots(d, c.Timeouts, to, func(b *Ballot) []byte { return timeoutMessage(d.Epoch, c.View, View(b.Word)) })
}

// view returns the view that was left; 0: none.
func (c *TimeoutCertificate) view() View {
	if c == nil {
		return 0
	}
	return c.View
}

// high returns the highest view of which one of the quorum knew a certificate.
func (c *TimeoutCertificate) high() (v View) {
	for i := range c.Timeouts {
		v = max(v, View(c.Timeouts[i].Word))
	}
	return v
}

// checkBallots checks that ballots are a quorum's and appends their signatures.
func checkBallots(d *dag.Domain, ballots []Ballot, to []dag.Check, said func(*Ballot) []byte) ([]dag.Check, error) {
	if got, want := len(ballots), quorum.Q(len(d.Members)); got < want {
		return to, fmt.Errorf("%w: a certificate of %d ballots, want %d", dag.ErrRule, got, want)
	}
	for i := range ballots {
		b := &ballots[i]
		if i > 0 && b.Author <= ballots[i-1].Author {
			return to, fmt.Errorf("%w: ballot of author %d after that of %d", dag.ErrRule, b.Author, ballots[i-1].Author)
		}
		var err error
		if to, err = check(d, b.Author, said(b), b.Signature, to); err != nil {
			return to, err
		}
	}
	return to, nil
}

// check appends one member's signature.
func check(d *dag.Domain, by dag.Author, said []byte, s dag.Signature, to []dag.Check) ([]dag.Check, error) {
	if int(by) >= len(d.Members) {
		return to, fmt.Errorf("%w: author %d of %d", dag.ErrDomain, by, len(d.Members))
	}
	return append(to, dag.Check{Key: d.Members[by], Message: said, Signature: s}), nil
}

// ballots puts ballots in order.
func ballots(of []Ballot) []Ballot {
	slices.SortFunc(of, func(a, b Ballot) int { return cmp.Compare(a.Author, b.Author) })
	return of
}

// What members sign.
const (
	voteDomain    = "floormesh/hotstuff/vote/v1\x00"
	timeoutDomain = "floormesh/hotstuff/timeout/v1\x00"
	blockDomain   = "floormesh/hotstuff/block/v1\x00"
)

func voteMessage(epoch dag.EpochID, v View, block dag.BlockID, clock uint64) []byte {
	to := append([]byte(voteDomain), epoch[:]...)
	to = dagcbor.AppendUint(to, uint64(v))
	to = append(to, block[:]...)
	return dagcbor.AppendUint(to, clock)
}

func timeoutMessage(epoch dag.EpochID, v, high View) []byte {
	to := append([]byte(timeoutDomain), epoch[:]...)
	to = dagcbor.AppendUint(to, uint64(v))
	return dagcbor.AppendUint(to, uint64(high))
}

// appendTo appends a certificate: null, or [view, link, [[author, word, signature]…]].
func (c *Certificate) appendTo(to []byte) []byte {
	if c == nil {
		return dagcbor.AppendNull(to)
	}
	to = dagcbor.AppendArray(to, 3)
	to = dagcbor.AppendUint(to, uint64(c.View))
	to = dagcbor.AppendLink(to, c.Block)
	return appendBallots(to, c.Votes)
}

// appendTo appends a timeout certificate: null, or [view, [[author, word, signature]…]].
func (c *TimeoutCertificate) appendTo(to []byte) []byte {
	if c == nil {
		return dagcbor.AppendNull(to)
	}
	to = dagcbor.AppendArray(to, 2)
	to = dagcbor.AppendUint(to, uint64(c.View))
	return appendBallots(to, c.Timeouts)
}

func appendBallots(to []byte, of []Ballot) []byte {
	to = dagcbor.AppendArray(to, len(of))
	for i := range of {
		to = of[i].appendTo(to)
	}
	return to
}

func (b *Ballot) appendTo(to []byte) []byte {
	to = dagcbor.AppendArray(to, 3)
	to = dagcbor.AppendUint(to, uint64(b.Author))
	to = dagcbor.AppendUint(to, b.Word)
	return dagcbor.AppendBytes(to, b.Signature[:])
}
