package fleet

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// State is what a gateway's process does.
type State string

// States of a gateway.
const (
	Stopped State = "stopped"
	Running State = "running"
	Frozen  State = "frozen"
	Killed  State = "killed"
)

// Ready is the line that "floormesh run --json" prints.
type Ready struct {
	HTTP string   `json:"http"` // base URL
	MQTT string   `json:"mqtt"` // host:port
	P2P  []string `json:"p2p"`
}

// Gateway is one gateway and its process, if it has one. Its methods may be
// called from any goroutine, though only one at a time should start and stop it.
type Gateway struct {
	Name string

	dir, exe, record string

	mu    sync.Mutex
	ready Ready
	state State
	now   *process
}

// process is one run of a gateway.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed once it was reaped
	err  error         // of Wait, once done is closed
}

// Ready returns where the gateway listens, or last listened.
func (g *Gateway) Ready() Ready {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ready
}

// State returns what the gateway's process does. One that ended by itself is stopped.
func (g *Gateway) State() State {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now == nil || g.state != Killed && isClosed(g.now.done) {
		return Stopped
	}
	return g.state
}

// PID returns the process's id, 0 if there is none.
func (g *Gateway) PID() int {
	if p := g.process(); p != nil && !isClosed(p.done) {
		return p.cmd.Process.Pid
	}
	return 0
}

// Dir returns the gateway's directory.
func (g *Gateway) Dir() string { return g.dir }

// LogPath returns the file that takes the gateway's standard error.
func (g *Gateway) LogPath() string { return g.dir + ".log" }

func (g *Gateway) process() *process {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.now
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// Start starts the gateway's process and returns once it is ready. It leaves
// nothing running if it fails.
func (g *Gateway) Start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	p, ready, err := g.launch()
	if err != nil {
		return fmt.Errorf("start %s: %w", g.Name, err)
	}
	g.mu.Lock()
	g.now, g.state = p, Running
	g.mu.Unlock()

	select {
	case r := <-ready:
		g.mu.Lock()
		g.ready = r
		g.mu.Unlock()
		return nil
	case <-p.done:
		err = fmt.Errorf("%w; its log ends:\n%s", exitError(p.err), g.LogTail())
	case <-ctx.Done():
		err = fmt.Errorf("not ready: %w; its log ends:\n%s", ctx.Err(), g.LogTail())
	}
	_ = g.Kill() // it may be gone already
	return fmt.Errorf("start %s: %w", g.Name, err)
}

func exitError(err error) error {
	if err == nil {
		return errors.New("it ended at once")
	}
	return err
}

// launch starts the process. Its first line of output arrives on the channel.
func (g *Gateway) launch() (*process, <-chan Ready, error) {
	logs, err := os.OpenFile(g.LogPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	defer logs.Close() //nolint:errcheck // the child has its own copy

	args := []string{"run", g.dir, "--json"}
	if g.record != "" {
		args = append(args, "--record", g.record)
	}
	cmd := exec.Command(g.exe, args...) //nolint:gosec // our own program
	cmd.Args[0] = "floormesh"
	cmd.Stderr = logs
	cmd.SysProcAttr = childAttributes()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	ready := make(chan Ready, 1)
	go p.watch(stdout, ready)
	return p, ready, nil
}

// watch reads the child's output to its end and reaps it.
func (p *process) watch(stdout io.Reader, ready chan<- Ready) {
	lines := bufio.NewReader(stdout)
	if line, err := lines.ReadBytes('\n'); err == nil {
		var r Ready
		if json.Unmarshal(line, &r) == nil {
			ready <- r
		}
	}
	_, _ = io.Copy(io.Discard, lines) // to the end, which is all that matters
	p.err = p.cmd.Wait()
	close(p.done)
}

// Kill ends the process as kill -9 does and waits until it is gone. It does
// nothing if there is none.
func (g *Gateway) Kill() error {
	p := g.process()
	if p == nil {
		return nil
	}
	if !isClosed(p.done) { // else it has ended by itself
		g.set(Killed)
	}
	err := p.cmd.Process.Kill()
	<-p.done
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// Stop asks the process to end and waits until it has; one that does not end
// in time is killed, which is an error.
func (g *Gateway) Stop() error {
	p := g.process()
	if p == nil || isClosed(p.done) {
		return nil
	}
	if g.State() == Frozen {
		if err := g.Thaw(); err != nil {
			return err
		}
	}
	if err := terminate(p.cmd.Process); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return errors.Join(fmt.Errorf("stop %s: %w", g.Name, err), g.Kill())
	}
	late := time.NewTimer(stopTimeout)
	defer late.Stop()
	select {
	case <-p.done:
	case <-late.C:
		return errors.Join(fmt.Errorf("stop %s: still running after %s", g.Name, stopTimeout), g.Kill())
	}
	g.set(Stopped)
	if p.err != nil {
		return fmt.Errorf("stop %s: %w; its log ends:\n%s", g.Name, p.err, g.LogTail())
	}
	return nil
}

// Freeze stops the process from running without ending it (SIGSTOP). To the
// others it is as if its cable were cut: its connections stand, and say nothing.
func (g *Gateway) Freeze() error { return g.signal(freeze, Frozen) }

// Thaw lets a frozen process run on (SIGCONT).
func (g *Gateway) Thaw() error { return g.signal(thaw, Running) }

func (g *Gateway) signal(do func(*os.Process) error, then State) error {
	p := g.process()
	if p == nil || isClosed(p.done) {
		return fmt.Errorf("%s does not run", g.Name)
	}
	if err := do(p.cmd.Process); err != nil {
		return fmt.Errorf("signal %s: %w", g.Name, err)
	}
	g.set(then)
	return nil
}

func (g *Gateway) set(s State) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.state = s
}

// LogTail returns the end of what the gateway logged.
func (g *Gateway) LogTail() string {
	f, err := os.Open(g.LogPath())
	if err != nil {
		return err.Error()
	}
	defer f.Close() //nolint:errcheck // read only
	if info, err := f.Stat(); err == nil && info.Size() > logTailBytes {
		_, _ = f.Seek(-logTailBytes, io.SeekEnd) // or all of it
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// DiskBytes returns the size of what the gateway stores.
func (g *Gateway) DiskBytes() (total int64, err error) {
	err = filepath.WalkDir(filepath.Join(g.dir, "data"), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // compacted away meanwhile
		}
		if err == nil {
			total += allocated(info)
		}
		return err
	})
	return total, err
}
