package replica

import (
	"slices"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

// cosignBook collects the members' cosignatures until a quorum certifies a
// checkpoint.
type cosignBook struct {
	certified *checkpoint.Certified   // newest, nil before the first
	own       *checkpoint.Cosignature // newest own, nil before the first
	cosigned  uint64                  // highest log size this member signed: never two for one
	recent    checkpoint.Collection   // not certified yet
	mine      []checkpoint.Checkpoint // executed here and not certified yet
	diverged  bool                    // f+1 members have another log: sign no more
}

func newCosignBook(from *store.Restored) cosignBook {
	return cosignBook{certified: from.Certified, cosigned: from.Cosigned, diverged: from.Diverged != ""}
}

// certifiedCommit returns the newest commit that a certified checkpoint covers.
func (b *cosignBook) certifiedCommit() dag.CommitIndex {
	if b.certified == nil {
		return 0
	}
	return b.certified.Commit
}

// cosign signs the checkpoint just executed.
func (r *Replica) cosign() {
	b := &r.cosigns
	own := r.exec.Checkpoint()
	if own.Commit > b.certifiedCommit() {
		b.mine = append(b.mine, own)
		if len(b.mine) > checkpoint.MaxPerAuthor {
			b.mine = b.mine[1:]
		}
	}
	r.compareRoots(own)
	if c := b.certified; c != nil && c.Commit == own.Commit {
		r.compareCertified(own)
	}
	if !r.member || b.diverged || own.Size <= b.cosigned {
		return
	}
	b.cosigned = own.Size
	r.write.Cosigned, r.signed = own.Size, true
	b.own = checkpoint.Sign(r.cfg.MemberKey, own, r.author, uint64(max(own.Time, 0)/1000))
	r.emit(Broadcast{Message: &message.Cosign{Cosignature: b.own}})
	r.collect(b.own)
}

// receiveCosignature takes a member's cosignature.
func (r *Replica) receiveCosignature(_ PeerID, c *checkpoint.Cosignature) {
	if c.Commit <= r.cosigns.certifiedCommit() || !r.seated {
		return
	}
	r.collect(c)
}

// collect keeps a cosignature and certifies its checkpoint if it was the last
// one missing.
func (r *Replica) collect(c *checkpoint.Cosignature) {
	b := &r.cosigns
	same := b.recent.Add(c)
	if same == nil {
		return
	}
	if len(same) >= r.committee.Q() {
		certified, err := checkpoint.Certify(same)
		if err != nil {
			panic("cosignatures of one checkpoint do not certify it: " + err.Error())
		}
		r.certify(certified)
		return
	}
	for _, own := range b.mine {
		if own.Size == c.Size {
			r.compareRoots(own)
		}
	}
}

// learn takes a checkpoint that somebody else found certified.
func (r *Replica) learn(from PeerID, c *checkpoint.Certified) {
	if c.Commit <= r.cosigns.certifiedCommit() {
		return
	}
	if err := c.CheckQuorum(r.committee.Q()); err != nil {
		r.emit(Blame{Peer: from, Reason: err})
		return
	}
	r.certify(c)
}

// certify makes a checkpoint the newest certified one.
func (r *Replica) certify(c *checkpoint.Certified) {
	b := &r.cosigns
	if c.Commit <= b.certifiedCommit() {
		return
	}
	b.certified = c
	b.recent.Forget(c.Commit)
	for _, own := range b.mine {
		if own.Commit == c.Commit {
			r.compareCertified(own)
		}
	}
	b.mine = slices.DeleteFunc(b.mine, func(own checkpoint.Checkpoint) bool { return own.Commit <= c.Commit })
	r.write.Certified = append(r.write.Certified, c)
	r.write.Floor = r.storeFloor(c)
	r.emit(Certified{Checkpoint: c})
	r.planNews()
}

// storeFloor returns up to which round blocks may leave the disk: below the
// newest certified checkpoint's window, so that a node that starts from it finds
// what it needs; but never the own newest block, which says what was signed.
func (r *Replica) storeFloor(c *checkpoint.Certified) dag.Round {
	window := dag.Round(r.founding.Genesis.WindowRounds)
	floor := min(c.LeaderRound, r.exec.State().LeaderRound)
	if r.blocks.newest != nil {
		floor = min(floor, r.blocks.newest.Round-1+window)
	}
	return floor - min(floor, window)
}

// compareRoots looks for f+1 members whose log of our size is another.
func (r *Replica) compareRoots(own checkpoint.Checkpoint) {
	var others consensus.Set
	for _, c := range r.cosigns.recent.All() {
		if c.Size == own.Size && c.Checkpoint != own {
			others.Add(c.Author)
		}
	}
	if others.Count() >= quorum.Validity(r.committee.N()) {
		r.diverge("f+1 members cosigned another log of our size")
	}
}

// compareCertified compares the own log with the newest certified checkpoint,
// which is of the same commit.
func (r *Replica) compareCertified(own checkpoint.Checkpoint) {
	if own != r.cosigns.certified.Checkpoint {
		r.diverge("a quorum certified another log than ours")
	}
}

// diverge stops this member's cosigning, for good: either it or the others
// computed wrong.
func (r *Replica) diverge(why string) {
	if !r.cosigns.diverged {
		r.cosigns.diverged = true
		r.write.Diverged = why
		r.emit(Alarm{Kind: AlarmDivergence, Detail: why})
	}
}
