package ledger

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/sync/message"
)

// certificates collects the members' cosignatures until a quorum certifies a checkpoint.
type certificates struct {
	certified *checkpoint.Certified   // newest, nil before the first
	own       *checkpoint.Cosignature // newest own, nil before the first of this life
	cosigned  uint64                  // highest log size this member signed: never two for one
	recent    checkpoint.Collection   // not certified yet
}

// commit returns the newest commit that a certified checkpoint covers.
func (b *certificates) commit() dag.CommitIndex {
	if b.certified == nil {
		return 0
	}
	return b.certified.Commit
}

// Certified returns the newest certified checkpoint, nil before the first.
func (l *Ledger) Certified() *checkpoint.Certified { return l.certificates.certified }

// Cosignature returns the own newest cosignature, nil before the first of this life.
func (l *Ledger) Cosignature() *checkpoint.Cosignature { return l.certificates.own }

// cosign signs the checkpoint just executed.
func (l *Ledger) cosign() {
	b := &l.certificates
	own := l.exec.Checkpoint()
	if own.Size <= b.cosigned {
		return
	}
	b.cosigned = own.Size
	l.write.Cosigned, l.signed = own.Size, true
	b.own = checkpoint.Sign(l.cfg.MemberKey, own, l.author, uint64(max(own.Time, 0)/1000))
	m := &message.Cosign{Cosignature: b.own}
	l.emit(replica.Broadcast{Message: m})
	l.emit(replica.Gossip{Message: m})
	l.Collect(b.own)
}

// Collect keeps a cosignature and certifies its checkpoint if it was the last one missing.
func (l *Ledger) Collect(c *checkpoint.Cosignature) {
	b := &l.certificates
	if c.Commit <= b.commit() {
		return
	}
	same := b.recent.Add(c)
	if len(same) < l.committee.Q() {
		return
	}
	certified, err := checkpoint.Certify(same)
	if err != nil {
		panic("cosignatures of one checkpoint do not certify it: " + err.Error())
	}
	l.Certify(certified)
}

// Certify makes a checkpoint the newest certified one, if it is. A quorum signed it.
func (l *Ledger) Certify(c *checkpoint.Certified) {
	b := &l.certificates
	if c.Commit <= b.commit() {
		return
	}
	b.certified = c
	b.recent.Forget(c.Commit)
	l.write.Certified = append(l.write.Certified, c)
	l.emit(replica.Certified{Checkpoint: c})
}
