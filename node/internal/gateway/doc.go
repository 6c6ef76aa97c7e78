// Package gateway puts a whole gateway together: a node, and the doors through
// which the plant reaches it.
//
//	err := gateway.Run(ctx, "plant/gw1", gateway.Options{Logger: log, Ready: func(a gateway.Addrs) { … }})
//
// # Order
//
// Doors open once the node runs, and close before it stops: what a request has
// begun to store is answered. Whoever kills the process instead loses nothing
// that was acknowledged.
//
// # What it does not do
//
// It parses no command line and handles no signals: node/internal/cli does.
//
// # Design
//
// Memory is given back when the gateway has come to rest. Go's collector runs
// when the heap has grown, and at rest nothing grows: what a burst left behind
// would stay for minutes. Measured after 20,000 records/s: 167 MiB resident stayed,
// and 101 with this, at the price of one collection per rest. A smaller GOGC would cost
// on every record what this costs once, and a memory limit bounds the peak, not the rest.
package gateway
