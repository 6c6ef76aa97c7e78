// Command floorsim runs simulated meshes and finds out what breaks them.
package main

import (
	"os"

	"github.com/floormesh/floormesh/sim/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
