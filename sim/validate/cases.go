package validate

import (
	"fmt"
	"time"

	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/gossip"
	"github.com/floormesh/floormesh/sim/network"
)

// percents are the quantiles that are compared.
var percents = [...]int{5, 25, 50, 75, 95} //nolint:gochecknoglobals // a constant, if Go had constant arrays

// published10000 are the holders after k hops at 10,000 nodes and D = 8.
var published10000 = [...]int64{1, 9, 73, 568, 3832, 9547, 9995, 10000} //nolint:gochecknoglobals // likewise

const (
	wakuSource = "Revuelta et al., Message Latency in Waku Relay with Rate Limiting Nullifiers, ePrint 2024/1073; raw data: github.com/waku-org/research, rln-delay-simulations/raw/latency_*.txt (October 2023)"
	wakuConfig = "rln-delay-simulations/shadow.yaml at d7167bc"
	wakuNode   = "nwaku v0.21.0, waku_relay/protocol.nim"
)

// Cases returns all cases.
func Cases() []*Case {
	return []*Case{
		waku(10_000, 80, [5]int64{376, 458, 518, 556, 627}),
		waku(100_000, 80, [5]int64{578, 747, 835, 922, 1030}),
		waku(500_000, 80, [5]int64{1137, 1571, 1790, 2006, 2221}),
		cold(10_000, 150, [5]int64{377, 458, 518, 556, 627}, ""),
		cold(100_000, 150, [5]int64{1262, 1608, 1805, 1984, 2267}, ""),
		cold(500_000, 0, [5]int64{5457, 6342, 6656, 7136, 7506},
			"does not hold: losses in TCP's slow start, and many connections that share one uplink, are not modelled"),
		hops(),
	}
}

// waku is 1,000 nodes of Waku in the Shadow simulator: ten messages of a size, of
// which the first is dropped.
func waku(bytes, bound int, published [5]int64) *Case {
	p := gossip.Defaults()
	p.D, p.Dlo, p.Dhi, p.Dout, p.Dlazy = 6, 4, 12, 3, 6
	p.HistoryLength, p.HistoryGossip = 6, 3
	p.IDontWantBytes, p.FloodBytes = 0, 12_500_000
	p.SeenTTL = engine.Instant(2 * time.Minute)
	p.Validation = engine.Constant(int64(12 * time.Millisecond))
	link := engine.Constant(int64(100 * time.Millisecond))
	c := &Case{
		Name: fmt.Sprintf("1,000 nodes, %d kB", bytes/1000), Source: wakuSource, Bound: bound,
		Parameters: []Parameter{
			{"link", "100 ms one way, constant", wakuConfig},
			{"bandwidth", "38 Mbit/s up, 83 Mbit/s down", wakuConfig},
			{"connections", "50 dialled by each node, at random", wakuConfig + " (CONNECTTO)"},
			{"proof", "150 ms at the publisher", "docs.waku.org, Message Propagation Times With Waku-RLN"},
			{"verify", "12 ms at each node", "the same"},
			{"messages", "10 by one publisher, the first dropped", wakuConfig + ", analyze.py"},
			{"mesh", "D 6, Dlo 4, Dhi 12, Dout 3, flood publish", wakuNode},
			{"flood limit", "12.5 MB: 100 Mbit/s for a heartbeat", "nim-libp2p, gossipsub.nim, bandwidthEstimatebps"},
			{"history", "6 heartbeats of 1 s, 3 told of", wakuNode},
			{"IDONTWANT", "none", "gossipsub 1.1: nwaku v0.21.0 is older than 1.2"},
			{"windows", "warm: no transport term", "the first message is dropped for that reason"},
		},
		published: published[:],
		skeleton: gossip.Skeleton{
			Params: p, Seed: 1, Nodes: 1000, Sites: 1, Dials: 50, Near: link, Far: link,
			Up: 38 * network.Mbit, Down: 83 * network.Mbit,
			Settle: engine.Instant(30 * time.Second), Every: engine.Instant(10 * time.Second), Messages: 10,
			Bytes: bytes, Prepare: engine.Instant(150 * time.Millisecond), OneOrigin: true,
		},
		measure: quantiles(1, 10),
	}
	for _, percent := range percents {
		c.columns = append(c.columns, fmt.Sprintf("p%d ms", percent))
	}
	return c
}

// cold is the first of those messages, over connections that have carried none yet.
func cold(bytes, bound int, published [5]int64, remark string) *Case {
	c := waku(bytes, bound, published)
	c.Name += ", cold connections"
	c.Remark = remark
	c.Parameters[len(c.Parameters)-1] = Parameter{"windows", "14,600 bytes at first, doubled each round trip", "RFC 6928: ten segments"}
	c.skeleton.Window, c.skeleton.Messages = 14_600, 1
	c.measure = quantiles(0, 1)
	return c
}

// hops is how a message spreads without any delays but hops.
func hops() *Case {
	p := gossip.Defaults()
	p.D, p.Dlo, p.Dhi, p.FloodPublish = 8, 6, 12, false
	p.Validation = engine.Constant(0)
	link := engine.Constant(int64(100 * time.Millisecond))
	c := &Case{
		Name: "10,000 nodes, holders after k hops", Bound: 150,
		Source: "the row 1, 9, 73, 568, 3832, 9547, 9995, 10000",
		Parameters: []Parameter{
			{"mesh", "D 8, Dlo 6, Dhi 12, no flood publish", "gossipsub v1.1's specification for D 8: Dlo 6, Dhi 12"},
			{"origin", "a node with D peers in its mesh", "the row's second value is 1 + D"},
			{"connections", "10 dialled by each node, at random", "not published; enough for Dhi"},
			{"links", "equal", "hops are counted, not time"},
			{"messages", "the mean of 40", "not published"},
		},
		published: published10000[:],
		skeleton: gossip.Skeleton{
			Params: p, Seed: 1, Nodes: 10_000, Sites: 1, Dials: 10, Near: link, Far: link, OriginDegree: p.D,
			Settle: engine.Instant(10 * time.Second), Every: engine.Instant(time.Second), Messages: 40, Bytes: 100,
		},
		measure: holders,
	}
	for k := range published10000 {
		c.columns = append(c.columns, fmt.Sprintf("%d hops", k))
	}
	return c
}
