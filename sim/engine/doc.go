// Package engine runs discrete events in virtual time, on one core or several,
// and always the same ones.
//
//	e, err := engine.New(engine.Config{
//		Nodes:   2,
//		Handler: func(partition int) engine.Handler { return &pingPong{} },
//	})
//	e.Schedule(0, 0, engine.What{Kind: ping})
//	reason, err := e.Run(engine.Instant(time.Second))
//	fmt.Println(reason, e.Events(), e.Fingerprint())
//
// An [Event] happens at an instant at a node. The [Handler] of the node's
// partition is called with it, changes what belongs to the node, and schedules
// more with [Partition.Schedule]. What an event carries beyond 6 bytes lies in a
// [Slab] (one event, one partition) or a [Shared] (many events, all partitions)
// under its [Handle].
//
// # Order
//
// Events are ordered by (time, source, the source's own count): [Event.Before].
// The order depends on nothing global, so that it is the same however nodes are
// spread. An event at the instant of its cause is allowed, and comes after
// whatever has been handled.
//
// # Partitions and workers
//
// Nodes belong to partitions ([Config.Homes]): one site, one partition. Each has its
// own queue and handler. All of them run through the window [t, t+lookahead), t
// being the earliest pending event and the lookahead the least delay between two
// partitions, without hearing of each other; then they meet, exchange what they
// sent, and go on. An event for another partition that is nearer than the
// lookahead is a panic that names both nodes. A single partition is a plain loop.
//
// Workers only run partitions: results, fingerprint included, are the same for 1, 2
// and n of them. Those that no partition is left for are the [Crew]: a handler gives it jobs
// that touch nothing but what is their own, and looks at what came of them later, at an
// instant that no clock decides. One that may look late is a [Postponer]. The partitions themselves are part of the run: two divisions of the
// same nodes give the same events, but another fingerprint.
//
// A handler writes what belongs to its partition, and reads what nobody writes
// during a window. What is read by all and does change (a link that is cut, a
// node that joins) is changed by an event of [Nobody]: [Config.World] handles
// those while nothing else runs, before everything else at that instant.
//
// # Randomness
//
// A [Stream] is 16 bytes and belongs to a (seed, node, [Purpose]). A [Distribution]
// draws from it by tables and integers. There is no floating point, no map range and
// no clock in here: amd64 of every level and arm64 run the same.
//
// # Fingerprint
//
// [Engine.Fingerprint] is a rolling hash per partition over (time, source, node, kind)
// of every event and over what handlers add by [Partition.Fold], joined in the
// order of partitions, the world first.
//
// # Design
//
// The queue is a monotone radix heap whose next events lie sorted in front ([Queue]); the
// tests hold it against a plain binary heap. Handlers are called through an
// interface: type parameters would gain nothing, since Go calls their methods through a
// dictionary. Windows are conservative rather than
// optimistic, since a Replica cannot be rolled back.
package engine
