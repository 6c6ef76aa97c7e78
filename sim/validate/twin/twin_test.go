package twin

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/consensus/replica/recording"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// TestMain lets this program stand for floormesh, which says what it is told to.
func TestMain(m *testing.M) {
	if says := os.Getenv("TWIN_FLOORMESH"); says != "" {
		pretend(says)
	}
	os.Exit(m.Run())
}

func pretend(says string) {
	switch says {
	case "fails":
		fmt.Fprintln(os.Stderr, "floormesh: error: no room")
		os.Exit(1)
	case "loses":
		fmt.Println(`{"lost":3}`)
		os.Exit(1)
	case "waits": // until it is asked to stop
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, syscall.SIGTERM)
		fmt.Println(os.WriteFile(os.Getenv("TWIN_FILE"), []byte("began"), 0o600))
		<-asked
		fmt.Println(os.WriteFile(os.Getenv("TWIN_FILE"), []byte("stopped"), 0o600))
	default:
		fmt.Println(says)
	}
	os.Exit(0)
}

// machine is one whose numbers are easy.
func machine() *Machine {
	return &Machine{
		Cores: 2, Fsync: 100 * time.Microsecond, FsyncHalf: 150 * time.Microsecond,
		Trip: 10 * time.Microsecond, TripHalf: 15 * time.Microsecond,
		Sign: 10 * time.Microsecond, Verify: 20 * time.Microsecond, Batched: 10 * time.Microsecond, Hash: time.Microsecond,
		Sync: 200 * time.Microsecond, Message: 100 * time.Microsecond, Others: 50,
	}
}

// TestSimulate runs the scenario of a machine: every record goes through all stages on all gateways.
func TestSimulate(t *testing.T) {
	m := machine()
	mesh, err := simulate(t.Context(), m.scenarioText(4, 20, 2*time.Second), 4, m)
	if err != nil {
		t.Fatal(err)
	}
	s := mesh.Sample
	if mesh.Records != 40 || mesh.Missing != 0 || mesh.Rounds < 10 || mesh.CPUPercent <= 0 || mesh.CPUPercent > 100 {
		t.Errorf("got %+v", mesh)
	}
	for stage, want := range map[Stage]int{Stored: 40, Delivered: 120, Final: 40, Elsewhere: 120} {
		if got := len(s.Lengths[stage]); got != want {
			t.Errorf("%s: %d lengths, want %d", stage, got, want)
		}
	}
	stored, delivered, final := s.Quantile(Stored, 5), s.Quantile(Delivered, 50), s.Quantile(Final, 5)
	if stored < m.Fsync || delivered < stored+m.Trip || final < delivered {
		t.Errorf("stored after %v, delivered after %v, final after %v", stored, delivered, final)
	}
	slower := *m
	slower.Message *= 4
	again, err := simulate(t.Context(), slower.scenarioText(4, 20, 2*time.Second), 4, &slower)
	if err != nil {
		t.Fatal(err)
	}
	if got := again.Sample.Quantile(Final, 50); got < s.Quantile(Final, 50)*3/2 {
		t.Errorf("with messages that cost four times as much: final after %v, and before after %v", got, s.Quantile(Final, 50))
	}
}

func TestSimulateIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := simulate(ctx, machine().scenarioText(4, 20, 10*time.Second), 4, machine()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestWallClock finds how two clocks lie to each other, though readings of one are
// cut to milliseconds and a process is kept waiting between the two readings now and then.
func TestWallClock(t *testing.T) {
	for range 20 {
		want := time.Duration(1_700_000_000_000_000_000 + rand.Int64N(int64(time.Hour)))
		var c wallClock
		now := time.Duration(0)
		for range 10_000 {
			now += time.Duration(rand.Int64N(int64(2 * time.Millisecond)))
			read := now + want + 200
			if rand.IntN(20) == 0 {
				read += time.Duration(rand.Int64N(int64(20 * time.Millisecond)))
			}
			c.read(replica.Instant(now), dag.UnixMilli(read.Milliseconds()))
		}
		if got, err := c.offset(); err != nil || (got-want).Abs() > 20*time.Microsecond {
			t.Errorf("off by %v, %v", got-want, err)
		}
	}
}

// TestWallClockWasSet: a clock that is set forward during a run says nothing.
func TestWallClockWasSet(t *testing.T) {
	var c wallClock
	for i := range 20_000 {
		wall := i
		if i > 9000 {
			wall += 3_600_000
		}
		c.read(replica.Instant(i)*replica.Instant(time.Millisecond), dag.UnixMilli(wall))
	}
	if _, err := c.offset(); !errors.Is(err, ErrClock) {
		t.Errorf("got %v", err)
	}
}

// TestLearn gets back the costs that a usage is made of.
func TestLearn(t *testing.T) {
	want := machine()
	cpu := func(w work) time.Duration {
		return time.Duration(w.messages)*want.Message + time.Duration(w.syncs)*want.Sync +
			time.Duration(w.checks)*want.Verify + time.Duration(w.signed)*want.Sign
	}
	got := machine()
	got.Message, got.Sync = 0, 0
	one, all := work{signed: 700, syncs: 690, checks: 60}, work{messages: 240_000, checks: 250_000, signed: 9000, syncs: 17_000}
	got.learnSync(usage{one, cpu(one)})
	if err := got.learnMessage(usage{all, cpu(all)}); err != nil || *got != *want {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := got.learnMessage(usage{all, time.Second}); !errors.Is(err, ErrUsage) {
		t.Errorf("less time than signatures take: %v", err)
	}
	if err := got.learnMessage(usage{one, cpu(one)}); !errors.Is(err, ErrUsage) {
		t.Errorf("no messages: %v", err)
	}
}

func TestMeasureMachine(t *testing.T) {
	m, err := measureMachine(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if m.Fsync <= 0 || m.FsyncHalf < m.Fsync || m.Trip <= 0 || m.TripHalf < m.Trip || m.Cores < 1 {
		t.Errorf("got %+v", m)
	}
	if m.Sign <= 0 || m.Verify <= 0 || m.Batched <= 0 || m.Hash <= 0 || m.Hash > m.Verify {
		t.Errorf("got %+v", m)
	}
}

// lengths is a sample in which every stage took from 1 to 100 times a unit.
func lengths(unit time.Duration) *Sample {
	s := &Sample{Lengths: map[Stage][]time.Duration{}}
	for _, stage := range Stages() {
		for i := range 100 {
			s.Lengths[stage] = append(s.Lengths[stage], time.Duration(i+1)*unit)
		}
	}
	return s
}

// TestCompare: what is off by more than is stated does not hold.
func TestCompare(t *testing.T) {
	for simulated, held := range map[time.Duration]bool{1000: true, 1240: true, 760: true, 1260: false, 740: false} {
		c := &Comparison{Real: Mesh{Sample: lengths(1000)}, Simulated: Mesh{Sample: lengths(simulated)}}
		c.compare()
		if c.Held != held {
			t.Errorf("off by a factor of %v: held %t", float64(simulated)/1000, c.Held)
		}
		for _, r := range c.Rows {
			if r.Error != int(simulated-1000) || r.Real != time.Duration(r.Percent)*1000 {
				t.Errorf("got %+v", r)
			}
			if stated := r.Percent >= 25 && r.Percent <= 75 && r.Stage != Stored; stated != (r.Bound > 0) {
				t.Errorf("%s p%d: stated are %d", r.Stage, r.Percent, r.Bound)
			}
		}
	}
}

func TestWrite(t *testing.T) {
	c := &Comparison{Real: Mesh{Sample: lengths(time.Millisecond)}, Simulated: Mesh{Sample: lengths(2 * time.Millisecond)}, Scenario: "name: x\n"}
	c.compare()
	dir := filepath.Join(t.TempDir(), "out")
	paths, err := c.Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"comparison.json": `"error_permille": 1000`, "scenario.yaml": "name: x",
		"delivery.svg": "simulated", "finality.svg": "processes",
	} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s has no %q, %v", file, want, err)
		}
	}
	if len(paths) != 4 {
		t.Errorf("wrote %v", paths)
	}
}

// TestDistribution thins what is drawn, and leaves its percentiles where they are.
func TestDistribution(t *testing.T) {
	var many []time.Duration
	for i := range 10_007 {
		many = append(many, time.Duration(i))
	}
	d := distribution("x", many)
	if len(d.Buckets) > figureSteps || d.Count() != 10_007 {
		t.Errorf("%d buckets of %d", len(d.Buckets), d.Count())
	}
	if got := d.Quantile(5000); got < 4980 || got > 5030 {
		t.Errorf("the middle is at %d", got)
	}
	if d := distribution("x", []time.Duration{-1, 0, 0, 7}); len(d.Buckets) != 2 || d.Count() != 4 {
		t.Errorf("got %+v", d)
	}
}

func TestValidate(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	good := Options{Processes: 20, Rate: 20, Duration: 30 * time.Second, Program: self}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*Options){
		"3 processes":       func(o *Options) { o.Processes = 3 },
		"33 processes":      func(o *Options) { o.Processes = 33 },
		"rate 0":            func(o *Options) { o.Rate = 0 },
		"duration 1s":       func(o *Options) { o.Duration = time.Second },
		"there is no floor": func(o *Options) { o.Program = filepath.Join(t.TempDir(), "floormesh") },
	} {
		o := good
		change(&o)
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func options(t *testing.T) *Options {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &Options{Processes: 4, Rate: 10, Duration: 2 * time.Second, Program: self}
}

func TestBenchSays(t *testing.T) {
	t.Setenv("TWIN_FLOORMESH", `{"gateways":4,"seconds":2,"cpu_percent_per_gateway":25,"logs_agree":true,"unknown":1}`)
	b, err := options(t).runBench(t.Context(), "d", "r", 4, time.Second)
	if err != nil || b.cpu() != 2*time.Second {
		t.Errorf("got %+v, %v", b, err)
	}
	t.Setenv("TWIN_FLOORMESH", "nothing of the kind")
	if _, err := options(t).runBench(t.Context(), "d", "r", 4, time.Second); err == nil || !strings.Contains(err.Error(), "nothing of the kind") {
		t.Errorf("got %v", err)
	}
	t.Setenv("TWIN_FLOORMESH", "fails")
	if _, err := options(t).runBench(t.Context(), "d", "r", 4, time.Second); err == nil || !strings.Contains(err.Error(), "error: no room") {
		t.Errorf("got %v", err)
	}
	t.Setenv("TWIN_FLOORMESH", "loses")
	if b, err := options(t).runBench(t.Context(), "d", "r", 4, time.Second); err != nil || b.Lost != 3 {
		t.Errorf("what it has measured, though it failed: %+v, %v", b, err)
	}
	o := options(t)
	o.Program = filepath.Join(t.TempDir(), "floormesh")
	if _, err := o.runBench(t.Context(), "d", "r", 4, time.Second); !errors.Is(err, ErrProgram) {
		t.Errorf("got %v", err)
	}
}

// TestBenchIsStopped: whoever interrupts waits until the program has cleaned up.
func TestBenchIsStopped(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process there cannot be asked to stop")
	}
	file := filepath.Join(t.TempDir(), "said")
	t.Setenv("TWIN_FLOORMESH", "waits")
	t.Setenv("TWIN_FILE", file)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		for tick := time.NewTicker(time.Millisecond); ; <-tick.C {
			if text, err := os.ReadFile(file); err == nil && string(text) == "began" {
				return
			}
		}
	}()
	if _, err := options(t).runBench(ctx, "d", "r", 4, time.Second); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "stopped" {
		t.Errorf("it was not waited for: %q, %v", text, err)
	}
}

func TestSteady(t *testing.T) {
	fine := bench{LogsAgree: true, BacklogGrowth: 20}
	if err := fine.steady(20); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		b    bench
		want error
	}{
		"growing": {bench{LogsAgree: true, BacklogGrowth: 21}, ErrUnsteady},
		"unsent":  {bench{LogsAgree: true, Unsent: 1}, ErrUnsteady},
		"lost":    {bench{LogsAgree: true, Lost: 1}, ErrUnsteady},
		"apart":   {bench{}, ErrApart},
	} {
		if err := c.b.steady(20); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	j := newJourneys(2)
	j.step(1, 1, replica.Disconnected{}, nil)
	if err := j.together(); err != nil {
		t.Errorf("a connection that ended after all was final: %v", err)
	}
	j.step(1, 2, replica.Tick{}, []replica.Output{finalOutput()})
	if err := j.together(); !errors.Is(err, ErrUnsteady) {
		t.Errorf("a connection that broke before: %v", err)
	}
}

func finalOutput() replica.Output {
	return replica.Final{Executed: &store.Executed{}}
}

func TestNoRecording(t *testing.T) {
	dir := t.TempDir()
	if _, err := readRecordings(dir, 1); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "gw1.rec"), []byte("something else\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readRecordings(dir, 1); !errors.Is(err, recording.ErrNoRecording) || !strings.Contains(err.Error(), "gw1.rec") {
		t.Errorf("got %v", err)
	}
}
