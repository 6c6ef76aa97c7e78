package scenario

import "time"

// Role is what a node is there for.
type Role string

// Roles. A gateway with a seat is a member and not a gateway.
const (
	RoleMember   Role = "member"
	RoleGateway  Role = "gateway"
	RoleDevice   Role = "device"
	RoleObserver Role = "observer"
)

// Names returns every role.
func (Role) Names() []string {
	return []string{string(RoleMember), string(RoleGateway), string(RoleDevice), string(RoleObserver)}
}

// Roles says what the nodes of each role are.
type Roles struct {
	// Member is a gateway with a seat in its site's committee.
	Member Node `yaml:"member"`
	// Gateway is a gateway without a seat.
	Gateway Node `yaml:"gateway"`
	// Device is a sensor or controller with a key of its own.
	Device Node `yaml:"device"`
	// Observer is a node that only listens, and passes on what it hears.
	Observer Node `yaml:"observer"`
}

// Of returns what the nodes of a role are.
func (r *Roles) Of(role Role) *Node {
	switch role {
	case RoleMember:
		return &r.Member
	case RoleGateway:
		return &r.Gateway
	case RoleDevice:
		return &r.Device
	default:
		return &r.Observer
	}
}

// defaults sets what differs between roles.
func (r *Roles) defaults() {
	r.Device.Fidelity, r.Device.Cores, r.Device.Speed = FidelitySource, 1, 5*Percent
	r.Device.Access = Access{Up: 10_000_000, Down: 10_000_000}
	r.Observer.Fidelity = FidelityFollower
}

// Fidelity is how much of a node is simulated.
type Fidelity string

// Fidelities.
const (
	FidelityReplica  Fidelity = "replica"
	FidelityFollower Fidelity = "follower"
	FidelitySource   Fidelity = "source"
)

// Names returns every fidelity.
func (Fidelity) Names() []string {
	return []string{string(FidelityReplica), string(FidelityFollower), string(FidelitySource)}
}

// Node is what every node of a role is.
type Node struct {
	// Fidelity is "replica" for the full protocol code; "follower" for a node
	// that receives gossip, checks it, passes it on and pays for it in CPU, without
	// keeping a ledger, and with neither a lane of its own nor a disk: it submits nothing;
	// "source" for one that only hands records to its gateway.
	// Members must be replicas, devices are sources. Where gateways are followers, so are observers.
	Fidelity Fidelity `yaml:"fidelity" default:"replica"`
	// Cores is how many operations a node computes at a time.
	Cores int `yaml:"cores" default:"4" range:"1..1024"`
	// Shared says that all nodes of this role on a site compute on the same cores, taking
	// turns of some milliseconds, as processes on one machine do.
	Shared bool `yaml:"shared" default:"false"`
	// Speed is that of a core, as a share of the one that cpu is about.
	Speed Share `yaml:"speed" default:"100%" range:"1ppm..10000%"`
	// Disk is what a node writes to.
	Disk Disk `yaml:"disk"`
	// Clock is how wrong a node's clocks are.
	Clock Clock `yaml:"clock"`
	// Access is the bandwidth of a node's own line. What is sent queues on it, first in, first out.
	Access Access `yaml:"access"`
}

// Disk is what a node writes to: one sync at a time, each covering what was written when it began.
type Disk struct {
	// Fsync is the least time a sync takes.
	Fsync time.Duration `yaml:"fsync" default:"500us" range:"0s..1h"`
	// Jitter is added to a sync: uniform from 0s to this.
	Jitter time.Duration `yaml:"jitter" default:"500us" range:"0s..1h"`
	// Read is how long batches asked from the disk take.
	Read time.Duration `yaml:"read" default:"200us" range:"0s..1h"`
}

// Clock is how wrong a node's clocks are. Each node draws its own error.
type Clock struct {
	// Skew is how far a wall clock is off at the start: uniform, at most this either way.
	Skew time.Duration `yaml:"skew" default:"20ms" range:"0s..87600h"`
	// Drift is how much faster or slower a monotonic clock runs: uniform, at most this either way.
	Drift Share `yaml:"drift" default:"50ppm" range:"0%..10%"`
}

// Access is the bandwidth of a node's own line.
type Access struct {
	// Up is what the node sends at most.
	Up Bandwidth `yaml:"up" default:"1Gbit/s"`
	// Down is what it receives at most.
	Down Bandwidth `yaml:"down" default:"1Gbit/s"`
}
