package scenario

import "time"

// Fault is something that breaks, once or again and again.
type Fault struct {
	// Kind is what breaks: "partition" cuts links, and the ends learn of it;
	// "clog" slows or loses messages, and nobody is told; "crash" stops nodes;
	// "churn" stops and starts each at random times; "clock-jump" moves wall clocks;
	// "clock-stop" freezes them; "slow" takes CPU speed away; "disk-slow" makes syncs
	// longer; "power" stops every node of the sites concerned at one instant;
	// "wan-cut" cuts sites off from all others; "flap" is a partition that comes and goes.
	Kind FaultKind `yaml:"kind" required:"true"`
	// Name is what results call it: a-z, 0-9 and -. Left out: its kind.
	Name string `yaml:"name"`
	// At is when it begins.
	At time.Duration `yaml:"at" default:"0s" range:"0s..8760h"`
	// For is how long it lasts. 0s means until the scenario's duration is over;
	// that is filled in.
	For time.Duration `yaml:"for" default:"0s" range:"0s..8760h"`
	// Every is the time from one beginning to the next. 0s: it happens once.
	Every time.Duration `yaml:"every" default:"0s" range:"0s..8760h"`
	// Times is how often it happens. 0 means as often as fits; that is filled in.
	Times int `yaml:"times" default:"0" range:"0..1000000"`
	// Repick chooses other nodes each time, where who leaves a choice.
	Repick bool `yaml:"repick" default:"false"`
	// Who is hit. Left out: everybody.
	Who Selector `yaml:"who"`
	// Against is the other side of the cut. Left out: all who are not hit.
	Against *Selector `yaml:"against" kinds:"partition,clog,flap"`
	// Direction is what does not pass, as seen by who is hit: "both", "out"
	// (they are not heard) or "in" (they do not hear).
	Direction Direction `yaml:"direction" default:"both" kinds:"partition,clog,wan-cut,flap"`
	// Extra is a time added: to each message (clog), uniform from 0s to this, or to each sync (disk-slow).
	Extra time.Duration `yaml:"extra" default:"100ms" range:"0s..1h" kinds:"clog,disk-slow"`
	// Loss is the share of messages that are lost on top.
	Loss Share `yaml:"loss" default:"0%" range:"0%..100%" kinds:"clog"`
	// Bandwidth is what each link concerned carries at most.
	Bandwidth Bandwidth `yaml:"bandwidth" default:"unlimited" kinds:"clog"`
	// Disk is what a stopped node finds when it starts again: "kept", all it
	// wrote; "torn", what was synced and a random number of the oldest writes
	// since; "lost", nothing: it signs no block before others are beyond what it signed, or never again,
	// and opens new lanes, which are numbered by the minute, so that it must be away for one. More than f of a
	// committee that lose their disks are more than it bears. Who churns loses none.
	Disk DiskState `yaml:"disk" default:"torn" kinds:"crash,churn,power"`
	// Stagger is the time over which nodes start again afterwards, or begin to come and go: uniform.
	Stagger time.Duration `yaml:"stagger" default:"0s" range:"0s..1h" kinds:"crash,churn,power"`
	// Up is how long a node runs on average between two stops (churn), or the cut is mended (flap).
	Up time.Duration `yaml:"up" default:"1m" range:"1ms..8760h" kinds:"churn,flap"`
	// Down is how long it stays stopped on average (churn), or the cut lasts (flap).
	Down time.Duration `yaml:"down" default:"10s" range:"1ms..8760h" kinds:"churn,flap"`
	// By is how far clocks jump, forward or back. When the fault is over they jump back.
	By time.Duration `yaml:"by" default:"1h" range:"-87600h..87600h" kinds:"clock-jump"`
	// Speed is the share of its CPU speed that a node keeps.
	Speed Share `yaml:"speed" default:"10%" range:"1ppm..100%" kinds:"slow"`
}

// fill sets what differs between kinds.
func (f *Fault) fill() {
	if f.Kind == FaultFlap {
		f.Up, f.Down = time.Second, time.Second
	}
}

// FaultKind is what breaks.
type FaultKind string

// Fault kinds.
const (
	FaultPartition FaultKind = "partition"
	FaultClog      FaultKind = "clog"
	FaultCrash     FaultKind = "crash"
	FaultChurn     FaultKind = "churn"
	FaultClockJump FaultKind = "clock-jump"
	FaultClockStop FaultKind = "clock-stop"
	FaultSlow      FaultKind = "slow"
	FaultDiskSlow  FaultKind = "disk-slow"
	FaultPower     FaultKind = "power"
	FaultWANCut    FaultKind = "wan-cut"
	FaultFlap      FaultKind = "flap"
)

// Names returns every kind.
func (FaultKind) Names() []string {
	return []string{
		string(FaultPartition), string(FaultClog), string(FaultCrash), string(FaultChurn),
		string(FaultClockJump), string(FaultClockStop), string(FaultSlow), string(FaultDiskSlow),
		string(FaultPower), string(FaultWANCut), string(FaultFlap),
	}
}

// Direction is what does not pass.
type Direction string

// Directions.
const (
	DirectionBoth Direction = "both"
	DirectionOut  Direction = "out"
	DirectionIn   Direction = "in"
)

// Names returns every direction.
func (Direction) Names() []string {
	return []string{string(DirectionBoth), string(DirectionOut), string(DirectionIn)}
}

// DiskState is what a stopped node finds on its disk.
type DiskState string

// Disk states.
const (
	DiskKept DiskState = "kept"
	DiskTorn DiskState = "torn"
	DiskLost DiskState = "lost"
)

// Names returns every disk state.
func (DiskState) Names() []string {
	return []string{string(DiskKept), string(DiskTorn), string(DiskLost)}
}
