package twin

import (
	"errors"
	"time"
)

// usage is what a mesh has done, and the processor time it took, all gateways together.
type usage struct {
	work work
	cpu  time.Duration
}

// work sums up the work of all gateways.
func (j *journeys) work() (sum work) {
	for i := range j.gateways {
		w := &j.gateways[i].work
		sum.messages += w.messages
		sum.checks += w.checks
		sum.signed += w.signed
		sum.syncs += w.syncs
	}
	return sum
}

// ErrUsage says that the system's count of processor time, which is known on Linux
// only, explains nothing.
var ErrUsage = errors.New("the system counts no more processor time for the gateways than signatures and syncs take")

// learnSync finds what a sync takes from a mesh of one, in which there are no messages.
func (m *Machine) learnSync(one usage) {
	m.Sync = m.rest(one) / time.Duration(max(1, one.work.syncs))
}

// learnMessage finds what a message takes in the mesh itself. Errors: ErrUsage.
func (m *Machine) learnMessage(u usage) error {
	rest := m.rest(u) - time.Duration(u.work.syncs)*m.Sync
	if rest <= 0 || u.work.messages == 0 {
		return ErrUsage
	}
	m.Message = rest / time.Duration(u.work.messages)
	return nil
}

// rest returns the processor time that signatures do not explain.
func (m *Machine) rest(u usage) time.Duration {
	return max(0, u.cpu-time.Duration(u.work.checks)*m.Verify-time.Duration(u.work.signed)*m.Sign)
}
