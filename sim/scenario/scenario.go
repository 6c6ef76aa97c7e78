package scenario

import "time"

// Scenario is one experiment: everything that comes to a world from outside.
// Decoded or resolved, every field means what it says; none is left to the
// world's taste.
type Scenario struct {
	// Name is what results are filed under: a-z, 0-9 and -.
	Name string `yaml:"name" default:"unnamed"`
	// Description says what the scenario shows, for people. Nothing reads it.
	Description string `yaml:"description"`
	// Seed is where all randomness of the run comes from.
	Seed uint64 `yaml:"seed" default:"1"`
	// Duration is the virtual time in which load and faults happen. When it is
	// over, load stops and every fault ends; then comes what checks asks for.
	Duration time.Duration `yaml:"duration" default:"1m" range:"1ms..8760h"`
	// Workers is how many goroutines share the run; 0 means one per core. The
	// result is the same for any number.
	Workers int `yaml:"workers" default:"0" range:"0..1024"`
	// Crypto is "oracle" for an honest and cheap stand-in for signatures, or
	// "real" for Ed25519. Virtual CPU costs are the same with both.
	Crypto Crypto `yaml:"crypto" default:"oracle"`
	// Sites are the plants. Each has one ledger and one committee.
	Sites []Site `yaml:"sites"`
	// Groups are names for selections of nodes, to be used in selectors.
	Groups []Group `yaml:"groups"`
	// Roles say what the nodes of each role are: how much of a node is
	// simulated, and its hardware.
	Roles Roles `yaml:"roles"`
	// CPU is what operations cost on a core of speed 100%.
	CPU Costs `yaml:"cpu"`
	// Network is what lies between nodes.
	Network Network `yaml:"network"`
	// Gossip is how batches and cosignatures spread within a site.
	Gossip Gossip `yaml:"gossip"`
	// Protocol is what the nodes run.
	Protocol Protocol `yaml:"protocol"`
	// Load is what is submitted. Several loads add up.
	Load []Load `yaml:"load"`
	// Faults are what breaks, and when.
	Faults []Fault `yaml:"faults"`
	// Adversaries are nodes that lie.
	Adversaries []Adversary `yaml:"adversaries"`
	// Checks are what must hold.
	Checks Checks `yaml:"checks"`
	// Outputs are what the run leaves behind.
	Outputs Outputs `yaml:"outputs"`
	// Sweep turns the scenario into many.
	Sweep *Sweep `yaml:"sweep"`
}

// Crypto is how signatures are made.
type Crypto string

// Kinds of crypto.
const (
	CryptoOracle Crypto = "oracle"
	CryptoReal   Crypto = "real"
)

// Names returns every kind of crypto.
func (Crypto) Names() []string { return []string{string(CryptoOracle), string(CryptoReal)} }

// New returns a scenario with every default and no site.
func New() *Scenario {
	s := new(Scenario)
	setDefaults(s)
	return s
}
