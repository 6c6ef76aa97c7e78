package scenario

import "time"

// Network is what lies between nodes.
type Network struct {
	// Within is the link between any two nodes of one site.
	Within Link `yaml:"within"`
	// Between is the link between nodes of different sites. Sites' ledgers say nothing to
	// each other yet, so that it carries nothing.
	Between Link `yaml:"between"`
	// Matrix holds the latencies of links with the preset "matrix".
	Matrix *Matrix `yaml:"matrix"`
	// Notice is how long a node takes at most to see that a connection stands or
	// fell: uniform from 0s to this.
	Notice time.Duration `yaml:"notice" default:"100ms" range:"0s..10m"`
	// Transport is what the transport protocol adds to large messages.
	Transport Transport `yaml:"transport"`
}

// defaults makes the links what their presets say.
func (n *Network) defaults() {
	n.Within.Preset = LinkLAN
	n.Within.fill()
	n.Between.Preset = LinkWAN
	n.Between.fill()
}

// LinkPreset is a kind of link.
type LinkPreset string

// Link presets.
const (
	LinkLAN      LinkPreset = "lan"      // wired plant network
	LinkWiFi     LinkPreset = "wifi"     // plant radio network, shared and busy
	LinkRadio    LinkPreset = "radio"    // slow radio: long range, narrow, lossy
	LinkWAN      LinkPreset = "wan"      // one latency between all sites
	LinkAWS      LinkPreset = "aws"      // latencies between AWS regions
	LinkSimBlock LinkPreset = "simblock" // latencies between SimBlock's regions
	LinkMatrix   LinkPreset = "matrix"   // latencies from network.matrix
	LinkNone     LinkPreset = "none"     // no link
)

// Names returns every preset.
func (LinkPreset) Names() []string {
	return []string{
		string(LinkLAN), string(LinkWiFi), string(LinkRadio), string(LinkWAN),
		string(LinkAWS), string(LinkSimBlock), string(LinkMatrix), string(LinkNone),
	}
}

// tabled reports whether latencies come from a table of regions.
func (p LinkPreset) tabled() bool { return p == LinkAWS || p == LinkSimBlock || p == LinkMatrix }

// Link is how every link of a kind behaves.
type Link struct {
	// Preset fills in the keys below that are left out: "lan", "wifi", "radio",
	// "wan"; "aws", "simblock" and "matrix" take latencies from a table by the
	// sites' regions; "none" is no link.
	Preset LinkPreset `yaml:"preset"`
	// Latency is the least one-way time of a message. With a table of regions it
	// is added to what the table says.
	Latency time.Duration `yaml:"latency" range:"0s..1h"`
	// Jitter is a time added to each message, drawn as spread says.
	Jitter time.Duration `yaml:"jitter" range:"0s..1h"`
	// Spread is how jitter is drawn: "uniform" from 0s to jitter; "normal", the
	// size of a normal variable with jitter as its deviation; "lognormal" with
	// jitter as its median and a long tail (sigma 1).
	Spread Spread `yaml:"spread" default:"uniform"`
	// Loss is the share of messages that never arrive.
	Loss Share `yaml:"loss" range:"0%..100%"`
	// Copies is the share of messages that arrive twice.
	Copies Share `yaml:"copies" default:"0%" range:"0%..100%"`
	// Ordered says that messages of one sender arrive at one receiver in the
	// order in which they were sent.
	Ordered bool `yaml:"ordered" default:"true"`
	// Bandwidth is what one pair of nodes gets at most, each way, beside the
	// nodes' own lines.
	Bandwidth Bandwidth `yaml:"bandwidth" default:"unlimited"`
}

// fill sets what a preset stands for.
func (l *Link) fill() {
	l.Latency, l.Jitter, l.Spread, l.Loss, l.Bandwidth = 0, 0, SpreadUniform, 0, 0
	switch l.Preset {
	case LinkLAN:
		l.Latency, l.Jitter = 200*time.Microsecond, 100*time.Microsecond
	case LinkWiFi:
		l.Latency, l.Jitter, l.Spread, l.Loss = 2*time.Millisecond, 3*time.Millisecond, SpreadLognormal, 5_000*PPM
		l.Bandwidth = 40_000_000
	case LinkRadio:
		l.Latency, l.Jitter, l.Spread, l.Loss = 80*time.Millisecond, 60*time.Millisecond, SpreadLognormal, 3*Percent
		l.Bandwidth = 250_000
	case LinkWAN:
		l.Latency, l.Jitter = 20*time.Millisecond, 5*time.Millisecond
	case LinkAWS, LinkSimBlock, LinkMatrix:
		l.Jitter = 2 * time.Millisecond
	default:
	}
}

// Spread is a distribution.
type Spread string

// Spreads.
const (
	SpreadUniform   Spread = "uniform"
	SpreadNormal    Spread = "normal"
	SpreadLognormal Spread = "lognormal"
)

// Names returns every distribution.
func (Spread) Names() []string {
	return []string{string(SpreadUniform), string(SpreadNormal), string(SpreadLognormal)}
}

// Matrix holds one-way latencies between regions.
type Matrix struct {
	// Regions are the names that sites refer to.
	Regions []string `yaml:"regions" required:"true"`
	// Latency is one row per region, the sender's: the one-way time to each
	// region, in the order of regions.
	Latency [][]time.Duration `yaml:"latency" required:"true" range:"0s..1h"`
}

// Transport is what the transport protocol adds to large messages: a message
// that does not fit into the window takes further round trips.
type Transport struct {
	// InitialWindow is what a connection may have under way at first; the window
	// doubles with every round trip. 0B: no such limit.
	InitialWindow Size `yaml:"initial-window" default:"14600B" range:"0B..1GiB"`
	// StreamWindow is where the window stops growing. 0B: never.
	StreamWindow Size `yaml:"stream-window" default:"256KiB" range:"0B..1GiB"`
	// Idle is after how long without traffic the window is the initial one again.
	Idle time.Duration `yaml:"idle" default:"1s" range:"0s..1h"`
	// Overhead is what headers add to every message.
	Overhead Size `yaml:"overhead" default:"60B" range:"0B..64KiB"`
}

// awsRegions are the regions of the preset "aws".
func awsRegions() []string {
	return []string{
		"us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1",
		"eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1", "eu-north-1",
		"ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "ap-northeast-2",
	}
}

// simBlockRegions are the regions of the preset "simblock".
func simBlockRegions() []string {
	return []string{"north-america", "europe", "south-america", "asia-pacific", "japan", "australia"}
}

// Regions returns the regions that a link's table knows; nil if it has none.
func (n *Network) Regions(l *Link) []string {
	switch l.Preset {
	case LinkAWS:
		return awsRegions()
	case LinkSimBlock:
		return simBlockRegions()
	case LinkMatrix:
		if n.Matrix != nil {
			return n.Matrix.Regions
		}
	default:
	}
	return nil
}
