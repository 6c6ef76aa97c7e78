package scenario

import "time"

// Costs is what operations cost on a core of speed 100%. The defaults are about what
// the real code takes on a current server core.
type Costs struct {
	// Sign is one signature made.
	Sign time.Duration `yaml:"sign" default:"20us" range:"0s..1m"`
	// Verify is one signature checked by itself.
	Verify time.Duration `yaml:"verify" default:"24us" range:"0s..1m"`
	// VerifyBatched is one signature checked among at least four others.
	VerifyBatched time.Duration `yaml:"verify-batched" default:"13us" range:"0s..1m"`
	// Hash is one KiB hashed.
	Hash time.Duration `yaml:"hash" default:"600ns" range:"0s..1m"`
	// Message is one message sent or received on a direct stream.
	Message time.Duration `yaml:"message" default:"2us" range:"0s..1m"`
	// Sync is one sync of the disk: what it costs the processor, beside the time that the disk takes.
	Sync time.Duration `yaml:"sync" default:"0s" range:"0s..1m"`
	// Gossip is one gossip message received, first copy or later.
	Gossip time.Duration `yaml:"gossip" default:"54us" range:"0s..1m"`
	// Record is one record executed.
	Record time.Duration `yaml:"record" default:"1us" range:"0s..1m"`
}
