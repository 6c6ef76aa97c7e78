package node

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/node/p2p"
)

// Config is what a gateway's config.yaml says. A key left out has the value
// that DefaultConfig gives; an unknown key is an error.
type Config struct {
	// Name is this gateway's name in the genesis document.
	Name string `yaml:"name"`
	// P2P says how gateways reach each other.
	P2P P2PConfig `yaml:"p2p"`
	// HTTP is the door for programs and people.
	HTTP HTTPConfig `yaml:"http"`
	// MQTT is the door for devices.
	MQTT MQTTConfig `yaml:"mqtt"`
	// Log is the least level that is logged: debug, info, warn or error.
	Log string `yaml:"log"`
	// Debug is a host:port that serves Go's profiles (net/http/pprof), loopback
	// only. Empty: none.
	Debug string `yaml:"debug"`
	// Record says where what happens to this gateway is recorded, for floorsim replay.
	Record RecordConfig `yaml:"record"`
	// Timing changes the protocol's durations. Those left out or zero are
	// replica.DefaultTiming's.
	Timing TimingConfig `yaml:"timing"`
}

// P2PConfig says how gateways reach each other.
type P2PConfig struct {
	// Listen holds multiaddresses. Port 0 means: choose one. Others then find
	// this gateway by mDNS only, or if it dials them.
	Listen []string `yaml:"listen"`
	// Peers holds multiaddresses of other gateways, by name. Those left out are
	// found by mDNS, or dial us.
	Peers map[string][]string `yaml:"peers"`
	// MDNS announces this gateway on the local network and looks for others.
	MDNS bool `yaml:"mdns"`
	// Gossip is "when-needed" (when somebody cannot be reached directly) or "always".
	Gossip string `yaml:"gossip"`
}

// HTTPConfig is the HTTP door.
type HTTPConfig struct {
	// Listen is a host:port; port 0 means: choose one.
	Listen string `yaml:"listen"`
	// Hosts are further host names by which browsers may call this gateway.
	Hosts []string `yaml:"hosts"`
}

// MQTTConfig is the MQTT door.
type MQTTConfig struct {
	// Listen is a host:port; port 0 means: choose one. Empty: no broker.
	Listen string `yaml:"listen"`
}

// RecordConfig is the flight recorder.
type RecordConfig struct {
	// File takes the recording; relative to the gateway's directory. Each run has a
	// file of its own: the second one's name ends in -2. Empty: nothing is recorded.
	File string `yaml:"file"`
	// Limit ends the recording when the files of all runs together have this size.
	Limit ByteSize `yaml:"limit"`
}

// TimingConfig holds durations such as "5ms"; see replica.Timing.
type TimingConfig struct {
	RoundSpacing    time.Duration `yaml:"round-spacing"`
	RoundSpacingCap time.Duration `yaml:"round-spacing-cap"`
	TimeoutFloor    time.Duration `yaml:"timeout-floor"`
	TimeoutCap      time.Duration `yaml:"timeout-cap"`
	Resend          time.Duration `yaml:"resend"`
	BatchSpacing    time.Duration `yaml:"batch-spacing"`
	FetchTimeout    time.Duration `yaml:"fetch-timeout"`
	Grace           time.Duration `yaml:"grace"`
}

// The gossip policies' names.
const (
	gossipWhenNeeded = "when-needed"
	gossipAlways     = "always"
)

// DefaultConfig returns the values of keys that are left out: everything on
// loopback, on ports that the system chooses.
func DefaultConfig() Config {
	const anyPort = "127.0.0.1:0"
	return Config{
		P2P:  P2PConfig{Listen: p2p.DefaultListen(), MDNS: true, Gossip: gossipWhenNeeded},
		HTTP: HTTPConfig{Listen: anyPort},
		MQTT: MQTTConfig{Listen: anyPort},
		Log:  slog.LevelInfo.String(),

		Record: RecordConfig{Limit: defaultRecordBytes},
	}
}

// LoadConfig reads a configuration file. Errors: ErrConfig, with every problem
// that Validate finds, or with the line of the first that keeps it from being read.
func LoadConfig(path string) (*Config, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if len(raw) > maxConfigBytes {
		return nil, fmt.Errorf("%w: %s has %d bytes, at most %d", ErrConfig, path, len(raw), maxConfigBytes)
	}
	c := DefaultConfig()
	if err := yaml.UnmarshalWithOptions(raw, &c, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%w: %s%w", ErrConfig, filepath.Base(path), describeYAML(err))
	}
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrConfig, filepath.Base(path), err)
	}
	return &c, nil
}

// Validate returns every problem at once, joined.
func (c *Config) Validate() error {
	var problems []error
	if c.Name == "" {
		problems = append(problems, errors.New("name: missing; it says which gateway of the genesis document this is"))
	}
	problems = append(problems, c.P2P.validate()...)
	problems = append(problems,
		checkHostPort("http.listen", c.HTTP.Listen, false),
		checkHostPort("mqtt.listen", c.MQTT.Listen, true),
		checkLoopback("debug", c.Debug))
	if new(slog.Level).UnmarshalText([]byte(c.Log)) != nil {
		problems = append(problems, fmt.Errorf("log: %q, want debug, info, warn or error", c.Log))
	}
	if c.Record.Limit < minRecordBytes {
		problems = append(problems, fmt.Errorf("record.limit: %s, want at least %s", c.Record.Limit, ByteSize(minRecordBytes)))
	}
	problems = append(problems, c.Timing.validate()...)
	return errors.Join(problems...)
}

func (c *P2PConfig) validate() (problems []error) {
	for _, text := range c.Listen {
		problems = append(problems, checkMultiaddr("p2p.listen", text))
	}
	for _, name := range sortedKeys(c.Peers) {
		for _, text := range c.Peers[name] {
			problems = append(problems, checkMultiaddr("p2p.peers."+name, text))
		}
	}
	if _, err := c.policy(); err != nil {
		problems = append(problems, err)
	}
	return problems
}

func (c *P2PConfig) policy() (p2p.GossipPolicy, error) {
	switch c.Gossip {
	case gossipWhenNeeded:
		return p2p.GossipWhenNeeded, nil
	case gossipAlways:
		return p2p.GossipAlways, nil
	default:
		return 0, fmt.Errorf("p2p.gossip: %q, want %s or %s", c.Gossip, gossipWhenNeeded, gossipAlways)
	}
}

// Level returns the least level that is logged; info if Log names none.
func (c *Config) Level() (l slog.Level) {
	_ = l.UnmarshalText([]byte(c.Log)) // Validate has told
	return l
}

// fields names every duration.
func (t *TimingConfig) fields() []namedDuration {
	return []namedDuration{
		{"round-spacing", &t.RoundSpacing},
		{"round-spacing-cap", &t.RoundSpacingCap},
		{"timeout-floor", &t.TimeoutFloor},
		{"timeout-cap", &t.TimeoutCap},
		{"resend", &t.Resend},
		{"batch-spacing", &t.BatchSpacing},
		{"fetch-timeout", &t.FetchTimeout},
		{"grace", &t.Grace},
	}
}

type namedDuration struct {
	name  string
	value *time.Duration
}

func (t *TimingConfig) validate() (problems []error) {
	for _, f := range t.fields() {
		if *f.value < 0 || *f.value > maxTiming {
			problems = append(problems, fmt.Errorf("timing.%s: %s, want at most %s", f.name, *f.value, maxTiming))
		}
	}
	return problems
}

// timing returns the durations with the defaults filled in.
func (t TimingConfig) timing() replica.Timing {
	d := replica.DefaultTiming()
	defaults := TimingConfig(d)
	for i, f := range t.fields() {
		if *f.value == 0 {
			*f.value = *defaults.fields()[i].value
		}
	}
	return replica.Timing(t)
}

func checkMultiaddr(key, text string) error {
	if _, err := ma.NewMultiaddr(text); err != nil {
		return fmt.Errorf("%s: %q is no multiaddress such as /ip4/192.0.2.1/tcp/7410: %w", key, text, err)
	}
	return nil
}

func checkHostPort(key, text string, mayBeEmpty bool) error {
	if text == "" && mayBeEmpty {
		return nil
	}
	if _, _, err := net.SplitHostPort(text); err != nil {
		return fmt.Errorf("%s: %q is no host:port such as 127.0.0.1:7411: %w", key, text, err)
	}
	return nil
}

// checkLoopback is for what nobody else may reach.
func checkLoopback(key, text string) error {
	if text == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(text)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%s: %q is no host:port on loopback such as 127.0.0.1:6060", key, text)
	}
	return nil
}

// describeYAML says where a file cannot be read and why, in one line.
func describeYAML(err error) error {
	var at yaml.Error
	if !errors.As(err, &at) || at.GetToken() == nil || at.GetToken().Position == nil {
		return fmt.Errorf(": %w", err)
	}
	line := at.GetToken().Position.Line
	if _, ok := errors.AsType[*yaml.UnknownFieldError](err); !ok {
		return fmt.Errorf(":%d: %s", line, at.GetMessage())
	}
	unknown := at.GetToken().Value
	return fmt.Errorf(":%d: unknown key %q; did you mean %q?", line, unknown, nearest(unknown, configKeys()))
}

// configKeys lists every key of the file.
func configKeys() []string {
	keys := []string{
		"name", "p2p", "http", "mqtt", "log", "debug", "record", "timing", // the file's
		"listen", "peers", "mdns", "gossip", "hosts", "file", "limit", // their parts'
	}
	for _, f := range new(TimingConfig).fields() {
		keys = append(keys, f.name)
	}
	return keys
}

// nearest returns the name that takes the fewest edits to become from text.
func nearest(text string, names []string) string {
	return slices.MinFunc(names, func(a, b string) int {
		return edits(strings.ToLower(text), a) - edits(strings.ToLower(text), b)
	})
}

// edits is Levenshtein's distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
