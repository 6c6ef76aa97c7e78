package twin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Errors that a caller may tell apart.
var (
	// ErrProgram says that there is no floormesh program where one was looked for.
	ErrProgram = errors.New("there is no floormesh program")
	// ErrUnsteady says that the real mesh did not keep up with the load.
	ErrUnsteady = errors.New("the real mesh does not bear this load")
	// ErrApart says that the real gateways did not certify one log.
	ErrApart = errors.New("the real gateways have not certified one log")
)

// bench is what floormesh bench says that is of interest here.
type bench struct {
	Gateways      int     `json:"gateways"`
	Seconds       float64 `json:"seconds"`
	Records       int     `json:"records"`
	Lost          int     `json:"lost"`
	Unsent        int     `json:"unsent"`
	LogsAgree     bool    `json:"logs_agree"`
	BacklogGrowth int     `json:"backlog_growth"`
	CPUPercent    float64 `json:"cpu_percent_per_gateway"`
	ClientPercent float64 `json:"cpu_percent_client"`
	OthersPercent float64 `json:"cpu_percent_others"`
	Rounds        float64 `json:"rounds_per_s"`
}

// cpu returns the processor time of all gateways.
func (b *bench) cpu() time.Duration {
	return time.Duration(b.CPUPercent / 100 * b.Seconds * float64(b.Gateways) * float64(time.Second))
}

// runMesh runs a number of gateways under load and returns what they recorded.
func (o *Options) runMesh(ctx context.Context, dir string, processes int, duration time.Duration) (*bench, *journeys, error) {
	data, records := filepath.Join(dir, "data"), filepath.Join(dir, "records")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, nil, err
	}
	b, err := o.runBench(ctx, data, records, processes, duration)
	if err == nil {
		err = b.steady(o.Rate)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("run %d gateways: %w", processes, err)
	}
	j, err := readRecordings(records, processes)
	if err != nil {
		return nil, nil, fmt.Errorf("read what %d gateways recorded: %w", processes, err)
	}
	if err := j.together(); err != nil {
		return nil, nil, fmt.Errorf("run %d gateways: %w", processes, err)
	}
	return b, j, os.RemoveAll(dir) // recordings are large
}

// runBench runs floormesh bench.
func (o *Options) runBench(ctx context.Context, data, records string, processes int, duration time.Duration) (*bench, error) {
	var out, talk bytes.Buffer
	cmd := exec.CommandContext(ctx, o.Program, "bench", "--json", "--dir", data, "--record", records, //nolint:gosec // the user named it
		"--gateways", strconv.Itoa(processes), "--rate", strconv.Itoa(o.Rate), "--duration", duration.String(),
		"--size", strconv.Itoa(recordBytes))
	cmd.Stdout, cmd.Stderr = &out, &talk
	// It ends its gateways and takes its directory away when it is asked to stop.
	cmd.SysProcAttr, cmd.WaitDelay = childAttributes(), stopTime
	cmd.Cancel = func() error { return interrupt(cmd.Process) }
	err := cmd.Run()
	b := &bench{}
	said := json.Unmarshal(out.Bytes(), b)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, os.ErrNotExist), errors.Is(err, exec.ErrNotFound):
		return nil, fmt.Errorf("%w at %s", ErrProgram, o.Program)
	case err != nil && said == nil:
		return b, nil // it has measured, and says that something is wrong: see steady
	case err != nil:
		text := strings.TrimSpace(talk.String())
		return nil, fmt.Errorf("%s bench: %w:\n%s", o.Program, err, text[max(0, len(text)-tailBytes):])
	case said != nil:
		return nil, fmt.Errorf("%s bench says %.100q: %w", o.Program, out.String(), said)
	}
	return b, nil
}

// steady reports whether a mesh bore its load. Errors: ErrUnsteady, ErrApart.
func (b *bench) steady(rate int) error {
	switch {
	case b.Lost > 0:
		return fmt.Errorf("%w: %d records that were acknowledged are not final long after the load", ErrUnsteady, b.Lost)
	case !b.LogsAgree:
		return ErrApart
	case b.Unsent > 0 || b.BacklogGrowth > max(rate, 10): // a second's records
		return fmt.Errorf("%w: %d records were not taken, and %d more wait in the end than before", ErrUnsteady, b.Unsent, b.BacklogGrowth)
	}
	return nil
}

// together reports whether gateways stayed connected until all was final. Errors: ErrUnsteady.
func (j *journeys) together() error {
	broken := 0
	for i := range j.gateways {
		broken += j.gateways[i].broken
	}
	if broken > 0 {
		return fmt.Errorf("%w: gateways gave each other up %d times", ErrUnsteady, broken)
	}
	return nil
}
