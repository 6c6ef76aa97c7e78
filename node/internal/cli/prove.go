package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/node/internal/client"
)

type proveCommand struct {
	ID     string        `arg:"" help:"The record's id."`
	Output string        `help:"File to write; - for standard output." short:"o" required:"" placeholder:"FILE"`
	Wait   time.Duration `help:"How long to wait for the checkpoint that covers the record." default:"5s"`
	gatewayFlag
	jsonFlag
}

// Run fetches a proof.
func (c *proveCommand) Run(ctx context.Context, s *streams) error {
	id, err := parseRecordID(c.ID)
	if err != nil {
		return err
	}
	gateway, err := c.open()
	if err != nil {
		return err
	}
	defer gateway.Close()
	file, err := c.fetch(ctx, gateway, id)
	if err != nil {
		return err
	}
	if c.Output == "-" {
		_, err := s.out.Write(file)
		return err
	}
	if err := os.WriteFile(c.Output, file, 0o644); err != nil { //nolint:gosec // a proof is for showing around
		return failed(err, "name a file in a directory that you may write to with -o")
	}
	return c.report(ctx, s, gateway, len(file))
}

// fetch asks until the record is covered by a certified checkpoint, which
// follows its becoming final by the checkpoint interval.
func (c *proveCommand) fetch(ctx context.Context, gateway *client.Client, id dag.RecordID) ([]byte, error) {
	deadline := time.Now().Add(c.Wait)
	for {
		file, err := gateway.Proof(ctx, id)
		p, ok := errors.AsType[*client.ProblemError](err)
		if !ok || p.Status != http.StatusConflict || time.Now().After(deadline) {
			return file, err
		}
		if !pause(ctx, pollEvery) {
			return nil, ctx.Err()
		}
	}
}

func (c *proveCommand) report(ctx context.Context, s *streams, gateway *client.Client, size int) error {
	if c.JSON {
		return printJSON(s.out, struct {
			ID    string `json:"id"`
			File  string `json:"file"`
			Bytes int    `json:"bytes"`
		}{c.ID, c.Output, size})
	}
	s.say("Wrote %s (%d bytes). Anyone checks it, offline, with:", c.Output, size)
	mesh := "MESH-ID"
	if status, err := gateway.Status(ctx); err == nil {
		mesh = status.MeshID.String()
	}
	s.say("  floormesh verify %s --mesh %s", c.Output, mesh)
	return nil
}

func parseRecordID(text string) (dag.RecordID, error) {
	id, err := dag.ParseRecordID(text)
	if err != nil {
		return id, misused(fmt.Errorf("%q is no record's id: %w", text, err), "list ids with 'floormesh records'")
	}
	return id, nil
}
