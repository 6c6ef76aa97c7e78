// Package cli is the floormesh command line.
//
// # Contract with scripts
//
// Results go to standard output, everything else to standard error. With --json
// a result is JSON: one document, or one a line where results keep coming. What
// goes wrong is told in two lines at most,
//
//	floormesh: error: what is wrong
//	floormesh: hint: what to do, as a command where there is one
//
// and by the exit code, which is a promise:
//
//	0    done; for verify: valid; for demo and bench: nothing was lost
//	1    failed; for verify: not valid; for demo and bench: something was lost
//	2    the command line is wrong; nothing was done
//	3    no gateway answers at that address
//	4    the gateway cannot do it yet, or not now; the same may succeed later
//	130  interrupted
//
// Lists are {"records": […], "next": cursor}, as the gateway gives them.
//
// # Where the gateway is
//
// Commands that ask a gateway take --api, or the environment variable
// FLOORMESH_API: a URL, or the directory of a gateway that runs on this machine.
// Without either they ask at the address where "floormesh init" puts gw1.
//
// # What it does not do
//
// It holds no state between commands, and nothing here decides what is valid:
// signing and proofs are package dag's, the ledger is package node's.
package cli
