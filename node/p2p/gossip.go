package p2p

import (
	"context"
	"errors"
	"fmt"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/node/verify"
	"github.com/floormesh/floormesh/sync/message"
)

// gossip spreads batches and news of what is final over the whole mesh.
type gossip struct {
	t       *Transport
	batches *pubsub.Topic
	commits *pubsub.Topic
}

// Topics carry the mesh id, so that a node of two meshes keeps them apart.
func batchTopic(mesh dag.MeshID) string { return "/floormesh/1/" + mesh.String() + "/batches" }

func commitTopic(mesh dag.MeshID) string { return "/floormesh/1/" + mesh.String() + "/commits" }

func newGossip(ctx context.Context, t *Transport) (*gossip, error) {
	g := &gossip{t: t}
	topics := []string{batchTopic(t.domain.Mesh), commitTopic(t.domain.Mesh)}
	ps, err := pubsub.NewGossipSub(ctx, t.host, g.options(topics)...)
	if err != nil {
		return nil, err
	}
	if g.batches, err = g.join(ctx, ps, topics[0], isBatches); err != nil {
		return nil, err
	}
	g.commits, err = g.join(ctx, ps, topics[1], isCommits)
	return g, err
}

func isBatches(m message.Message) bool { _, ok := m.(*message.Batches); return ok }
func isCommits(m message.Message) bool { _, ok := m.(*message.Commits); return ok }

func (g *gossip) options(topics []string) []pubsub.Option {
	return []pubsub.Option{
		// What is gossiped is signed by its author within; a signature of gossip's own would double the cost.
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign),
		pubsub.WithNoAuthor(),
		pubsub.WithMessageIdFn(func(m *pb.Message) string {
			id := message.ContentID(m.GetData())
			return string(id[:])
		}),
		pubsub.WithFloodPublish(true), // else a first message waits for a heartbeat
		pubsub.WithPeerExchange(false),
		pubsub.WithPeerOutboundQueueSize(gossipQueue),
		pubsub.WithValidateQueueSize(gossipQueue),
		pubsub.WithMaxMessageSize(maxGossipBytes),
		pubsub.WithSeenMessagesTTL(gossipMemory),
		pubsub.WithSubscriptionFilter(pubsub.WrapLimitSubscriptionFilter(
			pubsub.NewAllowlistSubscriptionFilter(topics...), 2*len(topics))),
		pubsub.WithPeerScore(g.scores(topics)),
		pubsub.WithRawTracer(dropTracer{&g.t.count}),
		pubsub.WithLogger(g.t.quiet),
		pubsub.WithRPCLogger(g.t.quiet),
	}
}

// scores makes gossip avoid, and in the end ignore, a peer that passes on what is
// invalid. Nothing is to be won: there are few gateways, all known, and a
// quiet one is no worse than a busy one.
func (g *gossip) scores(topics []string) (*pubsub.PeerScoreParams, *pubsub.PeerScoreThresholds) {
	params := &pubsub.PeerScoreParams{
		SkipAtomicValidation:        true,
		Topics:                      make(map[string]*pubsub.TopicScoreParams, len(topics)),
		AppSpecificScore:            g.appScore,
		AppSpecificWeight:           1,
		BehaviourPenaltyWeight:      -1,
		BehaviourPenaltyThreshold:   6,
		BehaviourPenaltyDecay:       0.9,
		DecayInterval:               10 * time.Second, // each costs a timer and a walk over all peers
		DecayToZero:                 0.1,
		RetainScore:                 10 * time.Minute,
		IPColocationFactorWeight:    0, // many gateways stand behind one address
		IPColocationFactorThreshold: 1,
	}
	for _, topic := range topics {
		params.Topics[topic] = &pubsub.TopicScoreParams{
			SkipAtomicValidation:           true,
			TopicWeight:                    1,
			TimeInMeshQuantum:              time.Second,
			InvalidMessageDeliveriesWeight: -10,
			InvalidMessageDeliveriesDecay:  0.9,
		}
	}
	return params, &pubsub.PeerScoreThresholds{
		GossipThreshold:             -50,
		PublishThreshold:            -100,
		GraylistThreshold:           -200,
		AcceptPXThreshold:           1000, // nobody reaches it
		OpportunisticGraftThreshold: 0,
	}
}

// appScore lets offences on direct streams count in gossip too.
func (g *gossip) appScore(id peer.ID) float64 {
	r := g.t.byID[id]
	if r == nil {
		return 0
	}
	return 20 * r.offences.score(time.Now())
}

// join enters a topic that carries one kind of message.
func (g *gossip) join(ctx context.Context, ps *pubsub.PubSub, name string, kind func(message.Message) bool) (*pubsub.Topic, error) {
	if err := ps.RegisterTopicValidator(name, g.validator(kind)); err != nil {
		return nil, fmt.Errorf("validate topic %s: %w", name, err)
	}
	topic, err := ps.Join(name)
	if err != nil {
		return nil, fmt.Errorf("join topic %s: %w", name, err)
	}
	sub, err := topic.Subscribe(pubsub.WithBufferSize(gossipQueue))
	if err != nil {
		return nil, fmt.Errorf("subscribe to topic %s: %w", name, err)
	}
	g.t.running.Go(func() {
		defer sub.Cancel()
		g.receive(ctx, sub)
	})
	return topic, nil
}

// validator decodes and verifies before anything is passed on.
func (g *gossip) validator(kind func(message.Message) bool) pubsub.ValidatorEx {
	return func(ctx context.Context, from peer.ID, msg *pubsub.Message) pubsub.ValidationResult {
		if from == g.t.host.ID() {
			return pubsub.ValidationAccept // our own
		}
		m, err := message.Decode(g.t.domain.Mesh, msg.GetData())
		if err != nil || !kind(m) {
			return pubsub.ValidationReject
		}
		verified, err := g.t.pool.Message(ctx, m)
		switch {
		case err == nil:
			msg.ValidatorData = verified
			return pubsub.ValidationAccept
		case errors.Is(err, verify.ErrClosed), ctx.Err() != nil, errors.Is(err, dag.ErrDomain):
			return pubsub.ValidationIgnore
		default:
			return pubsub.ValidationReject
		}
	}
}

// receive hands over what was accepted.
func (g *gossip) receive(ctx context.Context, sub *pubsub.Subscription) {
	for {
		msg, err := sub.Next(ctx)
		if err != nil {
			return // ctx is done
		}
		verified, ok := msg.ValidatorData.(dag.Verified[message.Message])
		r := g.t.byID[msg.ReceivedFrom]
		if !ok || r == nil {
			continue // our own
		}
		g.t.count.gossipReceived.Add(1)
		g.t.handler.Received(r.key, []dag.Verified[message.Message]{verified})
	}
}

// publish gossips a message, if it is of a kind that is.
func (g *gossip) publish(ctx context.Context, m message.Message, raw []byte) error {
	topic := g.batches
	switch {
	case isBatches(m):
	case isCommits(m):
		topic = g.commits
	default:
		return fmt.Errorf("a message of kind %s is not gossiped", message.Name(m))
	}
	if err := topic.Publish(ctx, raw); err != nil {
		return err
	}
	g.t.count.gossipPublished.Add(1)
	return nil
}

// dropTracer counts what gossip drops without telling.
type dropTracer struct{ count *counters }

// DropRPC implements pubsub.RawTracer: a peer's outbound queue was full.
func (d dropTracer) DropRPC(*pubsub.RPC, peer.ID) { d.count.gossipDropped.Add(1) }

// UndeliverableMessage implements pubsub.RawTracer: our subscription was full.
func (d dropTracer) UndeliverableMessage(*pubsub.Message) { d.count.gossipDropped.Add(1) }

// RejectMessage implements pubsub.RawTracer.
func (d dropTracer) RejectMessage(_ *pubsub.Message, reason string) {
	switch reason {
	case pubsub.RejectValidationQueueFull, pubsub.RejectValidationThrottled:
		d.count.gossipDropped.Add(1)
	case pubsub.RejectValidationFailed:
		d.count.blames.Add(1)
	}
}

// The rest of pubsub.RawTracer is of no interest.

// OnNewOutboundStream implements pubsub.RawTracer.
func (dropTracer) OnNewOutboundStream(peer.ID, protocol.ID) {}

// OnClosedOutboundStream implements pubsub.RawTracer.
func (dropTracer) OnClosedOutboundStream(peer.ID) {}

// Join implements pubsub.RawTracer.
func (dropTracer) Join(string) {}

// Leave implements pubsub.RawTracer.
func (dropTracer) Leave(string) {}

// Graft implements pubsub.RawTracer.
func (dropTracer) Graft(peer.ID, string) {}

// Prune implements pubsub.RawTracer.
func (dropTracer) Prune(peer.ID, string) {}

// ValidateMessage implements pubsub.RawTracer.
func (dropTracer) ValidateMessage(*pubsub.Message) {}

// DeliverMessage implements pubsub.RawTracer.
func (dropTracer) DeliverMessage(*pubsub.Message) {}

// DuplicateMessage implements pubsub.RawTracer.
func (dropTracer) DuplicateMessage(*pubsub.Message) {}

// ThrottlePeer implements pubsub.RawTracer.
func (dropTracer) ThrottlePeer(peer.ID) {}

// RecvRPC implements pubsub.RawTracer.
func (dropTracer) RecvRPC(*pubsub.RPC) {}

// SendRPC implements pubsub.RawTracer.
func (dropTracer) SendRPC(*pubsub.RPC, peer.ID) {}

// SendRPCCompleted implements pubsub.RawTracer.
func (dropTracer) SendRPCCompleted(*pubsub.RPC, peer.ID, time.Duration) {}
