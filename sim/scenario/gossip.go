package scenario

import "time"

// Gossip is gossipsub as nodes run it. The defaults are the real node's.
type Gossip struct {
	// Policy is "when-needed": members send fresh batches on direct streams and
	// gossip for those who cannot be reached so, as no follower can; or "always".
	Policy GossipPolicy `yaml:"policy" default:"when-needed"`
	// Connections is how many other nodes of its site a node is connected to, on
	// average; 0 means all. Members are always connected to each other.
	Connections int `yaml:"connections" default:"0" range:"0..10000"`
	// Degree is how many peers a node keeps in its mesh (D).
	Degree int `yaml:"degree" default:"6" range:"1..1000"`
	// DegreeLow is below how many it looks for more (Dlo).
	DegreeLow int `yaml:"degree-low" default:"5" range:"0..1000"`
	// DegreeHigh is above how many it drops some (Dhi).
	DegreeHigh int `yaml:"degree-high" default:"12" range:"1..1000"`
	// DegreeLazy is how many peers outside the mesh are told what there is, at least (Dlazy).
	DegreeLazy int `yaml:"degree-lazy" default:"6" range:"0..1000"`
	// DegreeOut is how many of the mesh it dialled itself, at least (Dout).
	DegreeOut int `yaml:"degree-out" default:"2" range:"0..1000"`
	// Factor is the share of the peers outside the mesh that are told.
	Factor Share `yaml:"factor" default:"25%" range:"0%..100%"`
	// Heartbeat is how often the mesh is mended and gossip told.
	Heartbeat time.Duration `yaml:"heartbeat" default:"1s" range:"1ms..1h"`
	// HeartbeatDelay is when the first heartbeat is, after a node's start.
	HeartbeatDelay time.Duration `yaml:"heartbeat-delay" default:"100ms" range:"0s..1h"`
	// History is for how many heartbeats a message can be asked for.
	History int `yaml:"history" default:"5" range:"1..1000"`
	// HistoryGossip is for how many of them it is told.
	HistoryGossip int `yaml:"history-gossip" default:"3" range:"1..1000"`
	// PruneBackoff is how long a dropped peer stays away.
	PruneBackoff time.Duration `yaml:"prune-backoff" default:"1m" range:"0s..1h"`
	// FloodPublish says that a node sends its own messages to all its peers, not only to the mesh.
	FloodPublish bool `yaml:"flood-publish" default:"true"`
	// IHaveLength is how many names one IHAVE holds at most, and a peer may tell in a heartbeat.
	IHaveLength int `yaml:"ihave-length" default:"5000" range:"1..1000000"`
	// IHaveMessages is how many IHAVEs of a peer count in a heartbeat.
	IHaveMessages int `yaml:"ihave-messages" default:"10" range:"1..1000000"`
	// IWantFollowup is how long a message asked for may take before its teller is blamed.
	IWantFollowup time.Duration `yaml:"iwant-followup" default:"3s" range:"1ms..1h"`
	// IWantRetries is how often a message is sent to a peer that asks again.
	IWantRetries int `yaml:"iwant-retries" default:"3" range:"0..1000"`
	// IDontWantSize is from which size on a node tells its mesh that it has a message.
	IDontWantSize Size `yaml:"idontwant-size" default:"1KiB" range:"0B..1GiB"`
	// IDontWantHeartbeats is for how many heartbeats that holds; 0: nobody says it.
	IDontWantHeartbeats int `yaml:"idontwant-heartbeats" default:"3" range:"0..1000"`
	// Validation is a time that checking a message takes beside its CPU costs.
	Validation time.Duration `yaml:"validation" default:"0s" range:"0s..1m"`
	// Queue is how many messages wait for one peer before more are dropped.
	Queue int `yaml:"queue" default:"4096" range:"1..1000000"`
	// Memory is how long a message's name is remembered.
	Memory time.Duration `yaml:"memory" default:"30s" range:"1s..24h"`
}

// GossipPolicy is when members gossip.
type GossipPolicy string

// Gossip policies.
const (
	GossipWhenNeeded GossipPolicy = "when-needed"
	GossipAlways     GossipPolicy = "always"
)

// Names returns every policy.
func (GossipPolicy) Names() []string { return []string{string(GossipWhenNeeded), string(GossipAlways)} }
