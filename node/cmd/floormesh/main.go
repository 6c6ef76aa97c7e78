// Command floormesh runs a gateway of a mesh ledger for factory floors, and does
// everything a person or a script does with one. Package node/internal/cli has
// the commands; "floormesh --help" lists them.
package main

import (
	"os"

	"github.com/floormesh/floormesh/node/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
