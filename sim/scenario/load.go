package scenario

import "time"

// Load is records that some nodes submit.
type Load struct {
	// Name is what results call it: a-z, 0-9 and -.
	Name string `yaml:"name" default:"readings"`
	// Who submits: devices to their gateway, gateways and members to themselves.
	// Left out: every member and gateway.
	Who Selector `yaml:"who"`
	// Rate is how often somebody submits.
	Rate Rate `yaml:"rate" default:"1/s"`
	// Per is whose rate that is: "node", each one's; "site", that of all nodes of a
	// site together; "all", that of all together. Shared rates go round robin.
	Per Per `yaml:"per" default:"node"`
	// Records is how many records one submission holds. A gateway makes one batch of them.
	Records int `yaml:"records" default:"1" range:"1..4096"`
	// Size is a record's payload.
	Size Size `yaml:"size" default:"120B" range:"16B..65408B"`
	// SizeSpread is how far a payload's size is off at most, either way: uniform.
	SizeSpread Share `yaml:"size-spread" default:"0%" range:"0%..100%"`
	// Lane is "readings" or "alarms", which go ahead of readings.
	Lane Lane `yaml:"lane" default:"readings"`
	// Attested says that gateways sign for devices that cannot. What these hand over is SenML
	// with their name in it, some 70 bytes at least.
	Attested bool `yaml:"attested" default:"false"`
	// Arrival is "regular", one period after the other, or "poisson", at random at that rate.
	Arrival Arrival `yaml:"arrival" default:"regular"`
	// Phase is "spread", each node beginning at a random place within its period, or
	// "together", all at the same instant.
	Phase Phase `yaml:"phase" default:"spread"`
	// Start is when the load begins.
	Start time.Duration `yaml:"start" default:"0s" range:"0s..8760h"`
	// Stop is when it ends. 0s means with the scenario; that is filled in.
	Stop time.Duration `yaml:"stop" default:"0s" range:"0s..8760h"`
	// Again is the share of submissions that are made a second time at another
	// gateway of the site, up to a second later.
	Again Share `yaml:"again" default:"0%" range:"0%..100%"`
	// Retry is after how long a submitter whose gateway died or was overloaded tries again.
	Retry time.Duration `yaml:"retry" default:"150ms" range:"1ms..1h"`
	// Burst adds submissions at once, now and then.
	Burst *Burst `yaml:"burst"`
	// Ramp changes the rate over time: between two steps it grows or falls along a
	// line, before the first and after the last it stays. Empty: always 100%.
	Ramp []Step `yaml:"ramp"`
}

// defaultWho fills in who submits if nobody is named.
func (l *Load) defaultWho() {
	if l.Who.everyone() {
		l.Who.Roles = []Role{RoleMember, RoleGateway}
	}
}

// Burst is many submissions at once.
type Burst struct {
	// Every is the time between bursts; the first comes after that time.
	Every time.Duration `yaml:"every" required:"true" range:"1ms..8760h"`
	// Count is how many submissions each of the load's nodes then makes.
	Count int `yaml:"count" required:"true" range:"1..100000"`
}

// Step is a place of a ramp.
type Step struct {
	// At is the instant.
	At time.Duration `yaml:"at" required:"true" range:"0s..8760h"`
	// Rate is the share of the load's rate then.
	Rate Share `yaml:"rate" required:"true" range:"0%..100000%"`
}

// Per is whose rate a rate is.
type Per string

// Pers.
const (
	PerNode Per = "node"
	PerSite Per = "site"
	PerAll  Per = "all"
)

// Names returns every Per.
func (Per) Names() []string { return []string{string(PerNode), string(PerSite), string(PerAll)} }

// Lane is a class of lanes.
type Lane string

// Lanes.
const (
	LaneReadings Lane = "readings"
	LaneAlarms   Lane = "alarms"
)

// Names returns every class.
func (Lane) Names() []string { return []string{string(LaneReadings), string(LaneAlarms)} }

// Arrival is how submissions follow each other.
type Arrival string

// Arrivals.
const (
	ArrivalRegular Arrival = "regular"
	ArrivalPoisson Arrival = "poisson"
)

// Names returns every arrival.
func (Arrival) Names() []string { return []string{string(ArrivalRegular), string(ArrivalPoisson)} }

// Phase is how the submissions of several nodes lie to each other.
type Phase string

// Phases.
const (
	PhaseSpread   Phase = "spread"
	PhaseTogether Phase = "together"
)

// Names returns every phase.
func (Phase) Names() []string { return []string{string(PhaseSpread), string(PhaseTogether)} }
