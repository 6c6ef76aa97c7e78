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
// It is a scenario like any other, which is kept with the results. Its numbers come from this machine:
//
//   - fsync, signatures, hashing and one way on loopback are measured for some tenths of a second each;
//   - what a sync costs the processor is measured with one gateway, which has nobody to talk to:
//     the processor time that the system says it used, divided;
//   - what a message costs cannot be had alone: encryption, system calls, goroutines and caches that twenty
//     processes empty for each other take part, and in a mesh of twenty it is twice what it is in one of four. So it
//     is the processor time of the real mesh, divided by its messages. That is the one number taken from what is compared.
//     It is no time that a record takes: how rounds follow each other, what waits for what and for how long, is the simulator's to say;
//   - the processes share the machine's cores, less what other programs took of them, and take turns (roles.member.shared).
//
// # What is compared
//
// The same code looks at the Steps of both meshes. See Stage for what it measures.
//
// # What it does not show
//
// Simulated processes take turns in one order; the system's scheduler prefers who has just woken,
// and moves processes between cores. Nothing on a simulated machine hiccups. So single
// values vary more on the real one, both ways, and the outer percentiles are shown
// without a stated error. What a client sees beyond a gateway's Steps, its own connection, is not part of it.
package twin
