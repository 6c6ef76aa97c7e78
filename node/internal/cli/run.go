package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"github.com/floormesh/floormesh/node"
	"github.com/floormesh/floormesh/node/internal/gateway"
)

type runCommand struct {
	Dir string `arg:"" help:"The gateway's directory, such as DIR/gw1." type:"path"`
	jsonFlag
	Record      string        `help:"Record everything that happens to the gateway, for floorsim replay, in a new FILE; FILE-2 if FILE is there. Holds records, no keys." placeholder:"FILE" type:"path"`
	RecordLimit node.ByteSize `help:"End the recording when all files of FILE have this size; 1GiB unless config.yaml says otherwise." placeholder:"SIZE"`
}

// Run runs a gateway until it is told to stop.
func (c *runCommand) Run(ctx context.Context, s *streams) error {
	running := false
	err := gateway.Run(ctx, c.Dir, gateway.Options{
		Logger: slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelDebug})), // the configuration says which
		Record: c.Record, RecordLimit: c.RecordLimit, Build: readBuild().String(),
		Ready: func(a gateway.Addrs) {
			running = true
			c.ready(s, a)
		},
	})
	if running { // else the file is another process's
		_ = os.Remove(filepath.Join(c.Dir, readyFile)) // it may not have been written
	}
	return explainRun(c.Dir, err)
}

// ready says where the gateway listens: to whoever started it, and to commands
// that name its directory.
func (c *runCommand) ready(s *streams, a gateway.Addrs) {
	line, err := json.Marshal(a)
	if err != nil { // strings alone
		panic(fmt.Sprintf("addresses %v have no JSON form: %v", a, err))
	}
	// First, so that --api DIR works once the line is out. Nothing else needs it.
	if err := writeReady(c.Dir, line); err != nil {
		s.say("cannot write %s, so that --api %s will not work: %v", readyFile, c.Dir, err)
	}
	if c.JSON {
		fmt.Fprintf(s.out, "%s\n", line)
	} else {
		s.say("Ready. HTTP %s, MQTT %s. Stop with Ctrl-C.", a.HTTP, a.MQTT)
	}
}

// writeReady replaces the file in one step: a command may be reading it.
func writeReady(dir string, line []byte) error {
	path := filepath.Join(dir, readyFile)
	if err := os.WriteFile(path+".new", append(line, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func explainRun(dir string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EADDRINUSE):
		return failed(err, fmt.Sprintf("another program, or this gateway already, listens there; choose other ports in %s", filepath.Join(dir, "config.yaml")))
	case errors.Is(err, node.ErrConfig):
		return failed(err, fmt.Sprintf("correct %s and run 'floormesh run %s' again", filepath.Join(dir, "config.yaml"), dir))
	case errors.Is(err, node.ErrStopped):
		return failed(err, "nothing that was acknowledged is lost; mend the disk or make room on it, and start the gateway again")
	}
	return err
}
