// Package gossip models gossipsub v1.1 and v1.2 as go-libp2p-pubsub v0.19 does it, over
// handles instead of bytes: what takes time is kept, what only costs it is left out.
//
//	topic, err := gossip.New(gossip.Config{
//		Params: gossip.Defaults(), Seed: seed, Purpose: purposeGossip,
//		Graph: graph, Homes: homes, Lines: gossip.Over(net, graph), Kinds: firstKind,
//		Deliver: func(c *engine.Partition, node engine.Node, a gossip.Arrival) { … },
//	})
//	topic.Start(e)                                 // heartbeats
//	part := topic.Part(c.Index())                  // in a partition's handler:
//	if part.Handle(c, event) { return }            // its kinds of events are the topic's
//	part.Publish(c, node, gossip.Message{Load: h, Bytes: n, Word: id})
//
// A world with two topics makes two of them, with kinds of their own ([Kinds] each).
// Its handlers call [Part.Window] when a window begins.
//
// # What is modelled
//
// The mesh: grafting below Dlo, pruning at Dhi, Dout peers that were dialled, backoffs. Copies
// go to the mesh (the origin's to all peers, with FloodPublish), not to who sent the first
// copy nor to who declined. A message is validated before it is passed on, and meanwhile
// known. Heartbeats tell Dlazy peers or a part of all of what came lately (IHAVE), who
// lack it ask (IWANT), a few times at most. IDONTWANT goes out for large messages before
// validation; within one partition it is no event, but looked up by who is about to send.
// A message may be published by several nodes ([Part.Repeat]). Ids are known for SeenTTL; what is older when it comes is dropped.
//
// A peer that tells of messages and does not send them is taken out of the mesh and
// in the end ignored, as the real node's scores make it. Nodes stop and start, and connections
// stand or not, as a world says ([Part.Rise], [Part.Connect]): a node that starts knows nothing.
//
// Not modelled: the other scores, peer exchange, fanout without subscription, pubsub's queue limits (the real node's are
// 4,096 long), several messages in one RPC, several topics in one heartbeat.
//
// # Memory
//
// Who has seen what is a bit matrix, a row for each living message and partition; who
// declined it, when it came and which copy comes first are further rows, made when needed and given back after
// some heartbeats. Connections are compressed rows ([Graph]). Messages
// are shared by all nodes. 10,000 nodes with 20 connections take some 10 MB.
//
// # Measuring
//
// A [Skeleton] is gossip and nothing else: package sim/validate holds it against published
// measurements, and floorsim bench times it.
package gossip
