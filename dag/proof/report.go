package proof

import (
	"fmt"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
)

// Check names one thing that [Verify] checks. The package comment says what each means.
type Check string

// Checks, in their order.
const (
	CheckMesh       Check = "mesh"
	CheckCommittee  Check = "committee"
	CheckCheckpoint Check = "checkpoint"
	CheckQuorum     Check = "quorum"
	CheckRecord     Check = "record"
	CheckInclusion  Check = "inclusion"
	CheckSigner     Check = "signer"
)

// Result is the outcome of one check.
type Result struct {
	Check  Check  `json:"check"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"` // what was found, or what is wrong, in words for people
}

// Report says what [Verify] found. Fields beyond Results are filled as far as
// the checks got, and worth something only if all of them passed.
type Report struct {
	// Results has one entry per check that was made, in order. The first that
	// fails is the last.
	Results []Result

	Genesis    *dag.Genesis
	Checkpoint *checkpoint.Certified
	Record     *dag.Record
	// Device is who the reading is from: the key that signed it, or, if a gateway
	// attested it, the name the gateway gave in it ("" if it has none).
	Device string
	// AttestedBy is the name of the gateway that signed for a device which
	// did not sign itself, "" if the device signed.
	AttestedBy string
}

// CheckError says which check of a proof failed.
type CheckError struct {
	Check Check
	Err   error
}

// Error returns the check's name and what is wrong.
func (e *CheckError) Error() string { return fmt.Sprintf("%s: %v", e.Check, e.Err) }

// Unwrap returns what is wrong.
func (e *CheckError) Unwrap() error { return e.Err }
