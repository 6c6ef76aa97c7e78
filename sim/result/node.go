package result

import "time"

// Place is what a node is: an index into Config.Roles, and the number of its site.
type Place struct {
	Role uint8
	Site uint32
}

// Counters is what a node did in a run: the base of what it costs to run one. The partition of the
// node adds to it as it goes; Sent and Received of the Recorder do so for messages.
type Counters struct {
	MessagesSent     uint64
	MessagesReceived uint64
	BytesSent        uint64
	BytesReceived    uint64
	Signed           uint64 // signatures made
	Verified         uint64 // signatures checked
	Processor        time.Duration
	Syncs            uint64 // disk syncs
	BytesSynced      uint64
}

// tally is a node's Counters while the run goes. All that a message takes is in its first 64 bytes,
// which lie together in the cache.
type tally struct {
	Counters
	_ [56]byte
}

// NodeTotals is what one node did.
type NodeTotals struct {
	Node Node
	Role string
	Site uint32
	Counters
}

// PerNodeHour is the mean of a role's nodes, scaled to one hour of virtual time.
type PerNodeHour struct {
	Role             string        `json:"role"`
	Nodes            uint64        `json:"nodes"`
	MessagesSent     uint64        `json:"messages_sent"`
	MessagesReceived uint64        `json:"messages_received"`
	BytesSent        uint64        `json:"bytes_sent"`
	BytesReceived    uint64        `json:"bytes_received"`
	Signed           uint64        `json:"signatures_made"`
	Verified         uint64        `json:"signatures_checked"`
	Processor        time.Duration `json:"processor_ns"`
	Syncs            uint64        `json:"disk_syncs"`
	BytesSynced      uint64        `json:"bytes_synced"`
}

const hour = uint64(time.Hour)

// perNodeHour sums up the roles, in their order; a role without nodes has no line.
func perNodeHour(roles []string, nodes []NodeTotals, end Instant) (out []PerNodeHour) {
	for _, role := range roles {
		var sum Counters
		var count uint64
		for i := range nodes {
			if nodes[i].Role == role {
				sum.add(&nodes[i].Counters)
				count++
			}
		}
		if count == 0 || end <= 0 {
			continue
		}
		rate := func(n uint64) uint64 { return mulDiv(n, hour, uint64(end)) / count }
		out = append(out, PerNodeHour{
			Role: role, Nodes: count,
			MessagesSent: rate(sum.MessagesSent), MessagesReceived: rate(sum.MessagesReceived),
			BytesSent: rate(sum.BytesSent), BytesReceived: rate(sum.BytesReceived),
			Signed: rate(sum.Signed), Verified: rate(sum.Verified), Processor: time.Duration(rate(uint64(sum.Processor))),
			Syncs: rate(sum.Syncs), BytesSynced: rate(sum.BytesSynced),
		})
	}
	return out
}

func (c *Counters) add(o *Counters) {
	c.MessagesSent += o.MessagesSent
	c.MessagesReceived += o.MessagesReceived
	c.BytesSent += o.BytesSent
	c.BytesReceived += o.BytesReceived
	c.Signed += o.Signed
	c.Verified += o.Verified
	c.Processor += o.Processor
	c.Syncs += o.Syncs
	c.BytesSynced += o.BytesSynced
}
