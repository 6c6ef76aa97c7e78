// Package client speaks to a gateway's HTTP door (package node/api): it submits
// signed records, asks for records, proofs and status, and follows the log.
//
//	c := client.New("http://127.0.0.1:7411")
//	status, err := c.Status(ctx)
//
// # Contract
//
// A gateway that does not answer is an [*UnreachableError]; one that answers
// with a problem document is a [*ProblemError], whose detail says what to do.
// Nothing is retried here except where a method says so, and every answer is
// read up to a bound: a gateway is trusted no more than any peer.
//
// # Design
//
// The command line, the demo and the bench share it. It has structs of its own
// instead of those of package node: it depends on what the gateway promises to
// scripts, and notices when that changes.
package client
