package oracle

import "time"

// Costs is what a node's work takes on one core. Numbers are whole nanoseconds
// so that they add up to the same on every machine.
type Costs struct {
	Sign     time.Duration // one signature
	Verify   time.Duration // one signature by itself
	Batched  time.Duration // one signature of several checked together
	Message  time.Duration // one message, beyond its bytes
	Kibibyte time.Duration // decoding and hashing 1,024 bytes
	Step     time.Duration // one Step of a Replica, beyond what it signs
	Sync     time.Duration // one sync of the disk, beyond what the disk takes; 0 in DefaultCosts
	Gossip   time.Duration // one copy of a gossip message, beyond its bytes
	Record   time.Duration // one record executed, beyond the Step that does so
}

// DefaultCosts are those of one core of the two-core cloud machine that this was
// written on, with SHA instructions. All but Step are what
//
//	go test ./sim/oracle -bench Costs
//
// prints; Step is the profile of floorsim bench runs divided by its steps, and holds what
// records cost there. There is no gossip in them. What a
// gateway's processor takes is some 5 to 20 times as much: see Times.
func DefaultCosts() Costs {
	return Costs{
		Sign:     12_000,
		Verify:   25_000,
		Batched:  13_000,
		Message:  1_200,
		Kibibyte: 700,
		Step:     1_500,
	}
}

// Times returns the costs on a core that is so many times slower.
func (c Costs) Times(slower int) Costs {
	by := time.Duration(slower)
	return Costs{
		Sign: c.Sign * by, Verify: c.Verify * by, Batched: c.Batched * by,
		Message: c.Message * by, Kibibyte: c.Kibibyte * by, Step: c.Step * by,
		Sync: c.Sync * by, Gossip: c.Gossip * by, Record: c.Record * by,
	}
}

// Receive returns what it takes to decode a message and check its signatures.
// Each is charged to whoever receives it: that a node which has seen a check hold
// before skips it is not modelled, so that this is an upper bound.
func (c Costs) Receive(bytes, signatures int) time.Duration {
	return c.Message + c.Bytes(bytes) + c.Check(signatures)
}

// Check returns what checking signatures together takes.
func (c Costs) Check(signatures int) time.Duration {
	if signatures < batchFrom {
		return time.Duration(signatures) * c.Verify
	}
	return time.Duration(signatures) * c.Batched
}

// batchFrom is from how many signatures on dag.Verifier checks them in one equation.
const batchFrom = 4

// Bytes returns what decoding or hashing bytes takes.
func (c Costs) Bytes(n int) time.Duration { return time.Duration(n) * c.Kibibyte / 1024 }
