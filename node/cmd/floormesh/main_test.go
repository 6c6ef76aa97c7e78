package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/floormesh/floormesh/node/internal/fleet"
)

func TestMain(m *testing.M) {
	testscript.Main(goleakMain{m}, map[string]func(){"floormesh": main})
}

type goleakMain struct{ *testing.M }

func (m goleakMain) Run() int {
	code := m.M.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			println(err.Error())
			return 1
		}
	}
	return code
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("FLOORMESH_API", "http://127.0.0.1:1") // nobody's, until a script says otherwise
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exitsCommand,
			"mesh":  meshCommand,
			"ready": readyCommand,
			"prove": proveCommand,
			"until": untilCommand,
			"flip":  flipCommand,
		},
	})
}

// meshCommand is "mesh N": N gateways run until the script ends, the first one is
// what FLOORMESH_API names, and MESH is the mesh id.
func meshCommand(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	exe, err := os.Executable()
	ts.Check(err)
	f, err := fleet.New(fleet.Options{Dir: ts.MkAbs("mesh"), Gateways: n, Executable: exe})
	ts.Check(err)
	ts.Defer(f.Close)
	ts.Check(f.Start(context.Background()))
	ts.Check(f.AwaitConnected(context.Background()))
	ts.Setenv("FLOORMESH_API", f.Gateways[0].Ready().HTTP)
	ts.Setenv("MESH", f.Mesh.String())
	ts.Setenv("MQTT", f.Gateways[0].Ready().MQTT)
}

// exitsCommand is "exits CODE PROGRAM ARG…".
func exitsCommand(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if failure, ok := errors.AsType[*exec.ExitError](err); ok {
		code = failure.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// proveCommand is "prove ID-FILE PROOF-FILE": a script has no way to put a
// file's content on a command line.
func proveCommand(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("floormesh", "prove", strings.TrimSpace(ts.ReadFile(args[0])), "-o", args[1]))
}

// untilCommand is "until TEXT FILE ARG…": it runs floormesh until it has printed
// the text, interrupts it, and leaves what it printed in the file.
func untilCommand(ts *testscript.TestScript, _ bool, args []string) {
	exe, err := os.Executable()
	ts.Check(err)
	cmd := exec.Command(exe, args[2:]...)
	cmd.Args[0] = "floormesh"
	cmd.Env = append(os.Environ(), "FLOORMESH_API="+ts.Getenv("FLOORMESH_API"))
	output, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	late := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	var printed []byte
	for lines := bufio.NewScanner(output); lines.Scan(); {
		printed = append(append(printed, lines.Bytes()...), '\n')
		if strings.Contains(lines.Text(), args[0]) {
			ts.Check(cmd.Process.Signal(os.Interrupt))
		}
	}
	ts.Check(cmd.Wait())
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), printed, 0o600))
}

// readyCommand is "ready DIR": it waits until a gateway runs in a directory.
func readyCommand(ts *testscript.TestScript, _ bool, args []string) {
	path := filepath.Join(ts.MkAbs(args[0]), "running.json")
	await(ts, "a gateway in "+args[0], func() bool {
		_, err := os.Stat(path)
		return err == nil
	})
}

// flipCommand is "flip FILE WORD": it changes one letter of the line that begins with a word.
func flipCommand(ts *testscript.TestScript, _ bool, args []string) {
	text := []byte(ts.ReadFile(args[0]))
	at := len(text)
	for i := range text {
		if string(text[i:min(len(text), i+len(args[1]))]) == args[1] {
			at = i + len(args[1]) + 8
			break
		}
	}
	if at >= len(text) {
		ts.Fatalf("%s has no line with %q", args[0], args[1])
	}
	if text[at] == 'A' {
		text[at] = 'B'
	} else {
		text[at] = 'A'
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
}

// fataler is what tests and scripts have in common.
type fataler interface {
	Fatalf(format string, args ...any)
}

// await asks until done says so; a minute is longer than any of it takes.
// state, if given, is what to print otherwise.
func await(t fataler, what string, done func() bool, state ...func() any) {
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline.C:
			for _, s := range state {
				what += fmt.Sprintf(": %v", s())
			}
			t.Fatalf("waited for a minute for %s", what)
		}
	}
}
