// Package fleet runs a mesh of gateway processes on this machine: it founds the
// mesh in a directory and starts, kills, freezes, stops and measures each
// gateway as a process of its own. The demo, the bench and the tests that kill
// real gateways stand on it.
//
//	f, err := fleet.New(fleet.Options{Dir: dir, Gateways: 4})
//	defer f.Close()
//	err = f.Start(ctx)
//
// # Contract
//
// After Close nothing runs any more. Should the caller die without it, its
// gateways die too where the system can be told so (Linux). A gateway's
// standard error goes to DIR/gwK.log.
//
// # Design
//
// Processes and not goroutines: kill -9 is the fault that matters most, and
// nothing in one process can stand in for it.
package fleet
