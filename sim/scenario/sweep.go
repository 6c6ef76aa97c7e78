package scenario

// Sweep turns a scenario into many: every combination of the axes' values,
// each repeated, less what the constraints exclude. The last axis changes fastest,
// repeats faster still.
type Sweep struct {
	// Axes are what changes.
	Axes []Axis `yaml:"axes"`
	// Repeats is how often each combination is run, each with a seed of its own.
	Repeats int `yaml:"repeats" default:"1" range:"1..100000"`
	// Constraints are what must hold of a point, or it is left out, such as
	// "sites[0].committee <= sites[0].gateways" or "3 * network.within.latency < protocol.timing.timeout-floor":
	// a key path, or a number times one, then one of < <= == != >= >, then another or a value.
	Constraints []string `yaml:"constraints"`
	// Seeds is "own", each point's seed drawn from the scenario's seed and what the
	// point sets, so that adding a value to an axis changes no other point; or "shared",
	// the same seed for all points of one repeat, so that they differ in nothing else.
	Seeds Seeds `yaml:"seeds" default:"own"`
}

// Axis is a key that takes several values, or several keys that change together.
type Axis struct {
	// Key is the path of what changes, such as sites[0].gateways; or a list of several.
	Key []string `yaml:"key" required:"true" list:"one"`
	// Values are what it takes, one after the other. With several keys, each is a list: one value per key.
	Values [][]Raw `yaml:"values" required:"true" list:"one"`
}

// Raw is a value as it is written, whatever its type.
type Raw string

// UnmarshalText keeps the text.
func (r *Raw) UnmarshalText(text []byte) error {
	*r = Raw(text)
	return nil
}

// String returns the text.
func (r Raw) String() string { return string(r) }

func (Raw) shape() map[string]any {
	return map[string]any{"type": []string{"string", "number", "boolean"}}
}

// Seeds is where the seeds of a sweep's points come from.
type Seeds string

// Sources of seeds.
const (
	SeedsOwn    Seeds = "own"
	SeedsShared Seeds = "shared"
)

// Names returns every source.
func (Seeds) Names() []string { return []string{string(SeedsOwn), string(SeedsShared)} }
