package main

import (
	"flag"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/resulttest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"floorsim": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata", RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"results": func(ts *testscript.TestScript, _ bool, args []string) { makeResults(t, ts, args) },
		},
	})
}

// makeResults writes a results folder of a made-up run: DIR, then flags.
func makeResults(t *testing.T, ts *testscript.TestScript, args []string) {
	flags := flag.NewFlagSet("results", flag.ContinueOnError)
	seed := flags.Uint64("seed", 1, "seed")
	swap := flags.Int("swap", 0, "event that differs")
	unlogged := flags.Bool("unlogged", false, "without an event log")
	ts.Check(flags.Parse(args[1:]))
	run := resulttest.Run(t, resulttest.Options{Seed: *seed, Swap: *swap, Logged: !*unlogged})
	ts.Check(result.Write(ts.MkAbs(args[0]), run, false))
}
