package scenario

import "time"

// Protocol is what the nodes run.
type Protocol struct {
	// Ordering is "floormesh", or "hotstuff" for a chained leader-based protocol over the same lanes.
	Ordering Ordering `yaml:"ordering" default:"floormesh"`
	// Timing holds every duration of the protocol.
	Timing Timing `yaml:"timing"`
	// WindowRounds is how many rounds back a commit reaches.
	WindowRounds int `yaml:"window-rounds" default:"100" range:"4..10000"`
	// DuplicateLeaves is among how many of the newest leaves duplicates are sought.
	DuplicateLeaves int `yaml:"duplicate-leaves" default:"262144" range:"1..16777216"`
	// CheckpointInterval is the least commit time between checkpoints.
	CheckpointInterval time.Duration `yaml:"checkpoint-interval" default:"250ms" range:"1ms..1h"`
	// CheckpointRounds is after how many leader rounds a checkpoint is due in any case.
	CheckpointRounds int `yaml:"checkpoint-rounds" default:"128" range:"1..65536"`
}

// Ordering is a rule that orders lanes.
type Ordering string

// Orderings.
const (
	OrderingFloormesh Ordering = "floormesh"
	OrderingHotStuff  Ordering = "hotstuff"
)

// Names returns every ordering.
func (Ordering) Names() []string {
	return []string{string(OrderingFloormesh), string(OrderingHotStuff)}
}

// Timing holds every duration of the protocol. None affects safety.
type Timing struct {
	// RoundSpacing is the least time between own blocks while cuts move.
	RoundSpacing time.Duration `yaml:"round-spacing" default:"1.5ms" range:"1us..1h"`
	// RoundSpacingCap is the most, after doubling while none moves.
	RoundSpacingCap time.Duration `yaml:"round-spacing-cap" default:"1s" range:"1us..1h"`
	// TimeoutFloor is the least round timeout.
	TimeoutFloor time.Duration `yaml:"timeout-floor" default:"50ms" range:"1us..1h"`
	// TimeoutCap is the largest round timeout.
	TimeoutCap time.Duration `yaml:"timeout-cap" default:"5s" range:"1us..1h"`
	// Resend is how often a waiting member says what it has.
	Resend time.Duration `yaml:"resend" default:"1s" range:"1us..1h"`
	// BatchSpacing is the least time between own batches of a lane.
	BatchSpacing time.Duration `yaml:"batch-spacing" default:"1ms" range:"1us..1h"`
	// FetchTimeout is after how long another peer is asked for the same thing.
	FetchTimeout time.Duration `yaml:"fetch-timeout" default:"100ms" range:"1us..1h"`
	// Grace is how long a batch that others hold may still be on its way by itself.
	Grace time.Duration `yaml:"grace" default:"500ms" range:"1us..1h"`
}
