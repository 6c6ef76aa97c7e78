// Package twin runs one mesh twice, as processes on this machine and in the simulator,
// and compares how long records take.
//
//	c, err := twin.Run(ctx, twin.Options{Processes: 20, Rate: 20, Duration: 30 * time.Second, Program: "bin/floormesh"})
//	for _, row := range c.Rows {
//		fmt.Println(row.Stage, row.Percent, row.Real, row.Simulated, row.Held)
//	}
//
// # The real mesh
//
// floormesh bench runs it: gateways that are processes of their own, with real disks and
// connections, and a load that comes regularly and goes to one gateway after the other.
// Every gateway records its Steps (consensus/replica/recording). The recordings are
// replayed, which gives every Step with its instant and all that came out of it, and
// shows on the way that a real gateway does what the simulator's replicas do. Each process
// writes instants of a clock of its own, and the machine's wall clock with them: that
// tells how the clocks lie to each other.
//
// # The simulated mesh
//
// It is a scenario like any other, which is kept with the results. Its numbers come from
// this machine, and none from the mesh that is compared:
//
//   - fsync, signatures, hashing and the round trip on loopback are measured for some tenths of a second each;
//   - what a message and a sync cost the processor beside that cannot be had alone: encryption, system calls,
//     goroutines and a key-value store take part. Two smaller meshes of the same processes tell it by the time
//     that the system says they have used (see costsOf);
//   - the processes share the machine's cores: they queue for them (roles.member.shared).
//
// # What is compared
//
// The same code looks at the Steps of both meshes. See Stage for what it measures.
//
// # What it does not show
//
// The simulated processor serves first who comes first; the system's scheduler prefers
// who has just woken, cuts time into slices and moves processes between cores. So single
// values vary more on the real machine, both ways, and the outer percentiles are shown
// without a stated error. What the client and its connections take is not part of it, but for the
// processor time that it takes from the gateways.
package twin
