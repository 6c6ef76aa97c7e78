package replica

import (
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/sync/fetch"
	"github.com/floormesh/floormesh/sync/message"
)

// Holding names something that a Replica keeps in memory and that peers or a load
// can make grow.
type Holding uint8

// What a Replica keeps. Shares are those of whoever has most: bounds are per
// lane and per sender, so that nobody can use up what is others'.
const (
	HeldLanes          Holding = iota // lanes, one per gateway and class
	HeldBatches                       // batches listed, or final and not executed: where they stand, not what is in them
	HeldPayload                       // bytes of their records
	HeldAhead                         // batches that chain to nothing yet, the largest share of a lane
	HeldAheadBytes                    // their bytes, the largest share of a lane
	HeldAheadInAll                    // their bytes, of all lanes
	HeldParked                        // bytes of blocks that wait for a parent, the largest share of a sender
	HeldParkedInAll                   // their bytes, of all senders
	HeldBlocks                        // blocks above the floor
	HeldWantedBlocks                  // blocks asked for
	HeldWantedBatches                 // batches asked for
	HeldCommits                       // commits decided and not executed
	HeldCosignatures                  // cosignatures of checkpoints that are not certified yet
	HeldCheckpoints                   // own checkpoints that are not certified yet
	HeldSubmitted                     // records that wait to be sealed, the largest share of a lane
	HeldSubmittedBytes                // their bytes, the largest share of a lane
	HeldOwn                           // own statements on their way into the log
	HeldForks                         // forks found and not proven yet
	HeldAllowances                    // peers whose tips are counted
	holdings
)

// String returns what is held.
func (h Holding) String() string {
	return [...]string{
		"lanes", "batches", "bytes of payload", "batches ahead in one lane", "bytes ahead in one lane", "bytes ahead in all lanes",
		"bytes of one sender's waiting blocks", "bytes of all waiting blocks", "blocks", "blocks asked for", "batches asked for",
		"commits to execute", "cosignatures", "own checkpoints", "records to seal in one lane", "bytes to seal in one lane",
		"own statements", "forks to prove", "allowances", "?",
	}[min(h, holdings)]
}

// Holdings counts what a Replica keeps, by Holding.
type Holdings [holdings]int

// Holdings counts what this Replica keeps now. It costs time proportional to
// the number of lanes and peers, and changes nothing.
func (r *Replica) Holdings() Holdings {
	h := Holdings{
		HeldLanes: len(r.laneBook.all), HeldBatches: r.laneBook.held.Len(), HeldPayload: r.laneBook.payload, HeldAheadInAll: r.laneBook.ahead,
		HeldBlocks: r.ordering.graph.Len(), HeldWantedBlocks: r.blocks.missing.Len(),
		HeldWantedBatches: r.laneBook.missing.Len(), HeldCommits: len(r.ordering.queue),
		HeldCosignatures: len(r.cosigns.recent.All()), HeldCheckpoints: len(r.cosigns.mine),
		HeldOwn: len(r.intake.order), HeldForks: len(r.laneBook.unproven), HeldAllowances: len(r.tips.allowances),
	}
	for _, l := range r.laneBook.all {
		h[HeldAhead] = max(h[HeldAhead], len(l.ahead))
		h[HeldAheadBytes] = max(h[HeldAheadBytes], l.waiting)
	}
	for from, bytes := range r.blocks.parked { // any order: sums and largest
		h[HeldParkedInAll] += bytes
		if from != r.self { // those of the own store
			h[HeldParked] = max(h[HeldParked], bytes)
		}
	}
	for i := range r.intake.classes {
		q := &r.intake.classes[i]
		h[HeldSubmitted] = max(h[HeldSubmitted], len(q.records))
		h[HeldSubmittedBytes] = max(h[HeldSubmittedBytes], q.bytes)
	}
	return h
}

// Unbounded stands in Bounds where there is no bound: batches are as many as
// the store holds beyond the final cut, blocks as many as rounds pass without a
// commit.
const Unbounded = -1

// Bounds returns the most of each thing that this Replica ever keeps, whatever
// peers send and devices submit. What each bound is for is told in limits.go.
func (r *Replica) Bounds() Holdings {
	gateways := len(r.founding.Genesis.Gateways)
	lanes := gateways * dag.LaneClasses
	ahead := min(lanes*maxAheadBytes, maxAheadInAll)
	return Holdings{
		HeldLanes: lanes, HeldBatches: Unbounded,
		// Beyond the budget: what execution has asked for, all of the next commit, and what came ahead and is final.
		HeldPayload: maxPayloadBytes + (maxLoad+dag.MaxCutBatches)*dag.MaxBatchBytes + ahead,
		HeldAhead:   maxAheadBatches, HeldAheadBytes: maxAheadBytes, HeldAheadInAll: ahead,
		HeldParked: 2 * maxParkedBytes, HeldParkedInAll: Unbounded, // by sender, and by what the store has
		HeldBlocks:       Unbounded,
		HeldWantedBlocks: gateways * fetch.MaxRumours,
		// And twice what execution looks ahead at: the list moves on while it waits.
		HeldWantedBatches: gateways*fetch.MaxRumours + 2*maxLoad,
		HeldCommits:       max(maxQueuedCommits, maxBehindCommits+message.MaxCommits),
		HeldCosignatures:  r.committee.N() * checkpoint.MaxPerAuthor, HeldCheckpoints: checkpoint.MaxPerAuthor,
		HeldSubmitted: maxSubmissions + 1, HeldSubmittedBytes: maxSubmissionBytes + dag.MaxRecordBytes, // an own one, of evidence
		HeldOwn:   maxOwnPending + dag.LaneClasses*(maxSubmissions+1),
		HeldForks: maxUnproven, HeldAllowances: gateways,
	}
}

// Bytes returns about how much memory that is, on a node that shares none of it
// with others.
func (h *Holdings) Bytes(members int) int {
	const lane, batch, block, parent, wanted, commit, cosignature, own, few = 300, 200, 500, 70, 300, 600, 300, 150, 150
	return h[HeldPayload] + h[HeldAheadInAll] + h[HeldParkedInAll] + h[HeldSubmittedBytes] +
		h[HeldLanes]*(lane+8*members) + h[HeldBatches]*batch + h[HeldBlocks]*(block+parent*members) +
		(h[HeldWantedBlocks]+h[HeldWantedBatches])*wanted + h[HeldCommits]*commit +
		(h[HeldCosignatures]+h[HeldCheckpoints])*cosignature + h[HeldOwn]*own + (h[HeldForks]+h[HeldAllowances])*few
}

// Standing is where a Replica stands: what no restart may change.
type Standing struct {
	Commit    dag.CommitIndex // executed
	Size      uint64          // of the log
	Root      dag.Digest      // of the log
	Certified dag.CommitIndex // of the newest certified checkpoint, 0: none
	Cosigned  uint64          // highest log size signed
	Newest    dag.Round       // of the newest own block, 0: none
	State     []byte          // executed: cuts, frozen lanes, leaders, all that later decisions read
}

// Standing returns where this Replica stands. It encodes the whole state.
func (r *Replica) Standing() Standing {
	own := r.exec.Checkpoint()
	s := Standing{
		Commit: own.Commit, Size: own.Size, Root: own.Root, State: r.exec.Encode(),
		Certified: r.cosigns.certifiedCommit(), Cosigned: r.cosigns.cosigned,
	}
	if r.blocks.newest != nil {
		s.Newest = r.blocks.newest.Round
	}
	return s
}
