package node

import (
	"sync/atomic"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sync/message"
)

// counters count what the driver does. The core does not count.
type counters struct {
	inputs        atomic.Uint64
	outputs       [outputKinds]atomic.Uint64
	received      [messageKinds]atomic.Uint64
	syncs         atomic.Uint64
	servesDropped atomic.Uint64
	servesCurbed  atomic.Uint64
	accepted      atomic.Uint64 // records, as their submitters were told
	known         atomic.Uint64
	refused       atomic.Uint64
}

// tally counts a call's receipts.
func (c *counters) tally(receipts []Receipt) {
	var accepted, known, refused uint64
	for i := range receipts {
		switch {
		case receipts[i].Err != nil:
			refused++
		case receipts[i].Known:
			known++
		default:
			accepted++
		}
	}
	c.accepted.Add(accepted)
	c.known.Add(known)
	c.refused.Add(refused)
}

// outputKind indexes counters by an output's type.
type outputKind int

const (
	outPersist outputKind = iota
	outSend
	outBroadcast
	outGossip
	outServe
	outLoad
	outStored
	outKnown
	outTurned
	outReplicated
	outFinal
	outCertified
	outAlarm
	outCurbed
	outBlame
	outputKinds // how many there are
)

func kindOf(o replica.Output) outputKind {
	switch o.(type) {
	case replica.Persist:
		return outPersist
	case replica.Send:
		return outSend
	case replica.Broadcast:
		return outBroadcast
	case replica.Gossip:
		return outGossip
	case replica.Serve:
		return outServe
	case replica.Load:
		return outLoad
	case replica.Stored:
		return outStored
	case replica.Known:
		return outKnown
	case replica.Turned:
		return outTurned
	case replica.Replicated:
		return outReplicated
	case replica.Final:
		return outFinal
	case replica.Certified:
		return outCertified
	case replica.Alarm:
		return outAlarm
	case replica.Curbed:
		return outCurbed
	case replica.Blame:
		return outBlame
	}
	panic("output of unknown type")
}

// outputNames are the label values of output kinds.
func outputNames() [outputKinds]string {
	return [...]string{
		outPersist: "persist", outSend: "send", outBroadcast: "broadcast", outGossip: "gossip",
		outServe: "serve", outLoad: "load", outStored: "stored", outKnown: "known", outTurned: "turned",
		outReplicated: "replicated", outFinal: "final", outCertified: "certified", outAlarm: "alarm",
		outCurbed: "curbed", outBlame: "blame",
	}
}

// messageKind indexes counters by a message's type.
type messageKind int

const (
	inBlocks messageKind = iota
	inBatches
	inCosign
	inTips
	inWantBlocks
	inWantBatches
	inWantLane
	inWantCommits
	inCommits
	messageKinds // how many there are
)

func messageKindOf(m message.Message) messageKind {
	switch m.(type) {
	case *message.Blocks:
		return inBlocks
	case *message.Batches:
		return inBatches
	case *message.Cosign:
		return inCosign
	case *message.Tips:
		return inTips
	case *message.WantBlocks:
		return inWantBlocks
	case *message.WantBatches:
		return inWantBatches
	case *message.WantLane:
		return inWantLane
	case *message.WantCommits:
		return inWantCommits
	case *message.Commits:
		return inCommits
	}
	panic("message of unknown type")
}

// messageNames are the label values of message kinds, those of message.Name.
func messageNames() [messageKinds]string {
	return [...]string{
		inBlocks: "blocks", inBatches: "batches", inCosign: "cosign", inTips: "tips",
		inWantBlocks: "want_blocks", inWantBatches: "want_batches", inWantLane: "want_lane",
		inWantCommits: "want_commits", inCommits: "commits",
	}
}
