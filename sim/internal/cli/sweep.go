package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/floormesh/floormesh/sim/sweep"
)

// natsVariable tells workers where the queue is, so that its token does not show
// in the list of processes.
const natsVariable = "FLOORSIM_NATS"

type sweepCommand struct {
	Run     sweepRunCommand     `cmd:"" help:"Run a sweep on this machine. Stopped, the same command goes on."`
	Serve   sweepServeCommand   `cmd:"" help:"Offer a sweep to workers anywhere, and collect what they find."`
	Point   sweepPointCommand   `cmd:"" help:"Run one job of a sweep, by its number."`
	Emit    sweepEmitCommand    `cmd:"" help:"Write a sweep as a Slurm job array, a Kubernetes Indexed Job, or a job list."`
	Collect sweepCollectCommand `cmd:"" help:"Merge the folders of a sweep, compare what was run twice, and write the tables."`
}

// sweepFlags are those of commands that queue a sweep.
type sweepFlags struct {
	scenarioFlags
	Out      string        `placeholder:"DIR" help:"Folder for the results; default: results/sweep-NAME-ID."`
	Lease    time.Duration `default:"1m" help:"How long a silent worker keeps a job."`
	Attempts int           `default:"3" help:"How often a point is begun before it counts as failed."`
	Timeout  time.Duration `default:"24h" help:"The longest a run may take."`
	Quiet    bool          `short:"q" help:"Say nothing while it runs but what goes wrong."`
}

func (f *sweepFlags) options() sweep.Options {
	return sweep.Options{Lease: f.Lease, Attempts: f.Attempts, Timeout: f.Timeout}
}

// folder makes or finds the sweep's folder.
func (f *sweepFlags) folder() (*sweep.Folder, error) { return f.folderAt(f.Out) }

func (f *scenarioFlags) folderAt(out string) (*sweep.Folder, error) {
	s, err := f.sweep()
	if err != nil {
		return nil, err
	}
	if out == "" {
		out = filepath.Join("results", "sweep-"+s.Name+"-"+s.ID()[:8])
	}
	return sweep.Open(out, s)
}

// natsFlags say which server, and how to be let in.
type natsFlags struct {
	NATS        string `name:"nats" env:"FLOORSIM_NATS" placeholder:"URL" help:"NATS server with JetStream, several with commas: nats://TOKEN@host:4222, tls://user:password@host."`
	Credentials string `name:"nats-creds" type:"existingfile" placeholder:"FILE" help:"Credentials file of a NATS user."`
	CA          string `name:"nats-ca" type:"existingfile" placeholder:"FILE" help:"Root certificates, if not the system's."`
	Certificate string `name:"nats-cert" type:"existingfile" placeholder:"FILE" help:"Client certificate."`
	Key         string `name:"nats-key" type:"existingfile" placeholder:"FILE" help:"Its key."`
}

func (f *natsFlags) target() sweep.Target {
	return sweep.Target{URL: f.NATS, Credentials: f.Credentials, CA: f.CA, Certificate: f.Certificate, Key: f.Key}
}

// interruptible returns a context that ends when the user or the system asks. Asked a second
// time, the process ends at once: what is being done may take long to notice the first.
func interruptible() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

type sweepRunCommand struct {
	sweepFlags
	Workers int `help:"Runs at a time; 0 means one per core."`
}

// Run runs a sweep with workers of this machine.
func (c *sweepRunCommand) Run(s streams) error {
	if c.Workers == 0 {
		c.Workers = runtime.NumCPU()
	}
	if c.Workers < 0 {
		return &hinted{errors.New("nothing would run"), "--workers takes 0 and more"}
	}
	folder, err := c.folder()
	if err != nil {
		return err
	}
	return c.collectInto(s, folder, func(ctx context.Context, say func(string), collect collector) error {
		server, err := sweep.Serve(sweep.ServerOptions{Dir: folder.QueueDir()})
		if err != nil {
			return err
		}
		defer server.Close()
		ctx, cancel := context.WithCancelCause(ctx)
		var workers sync.WaitGroup
		err = collect(ctx, sweep.Target{URL: server.URL()}, c.options(), func() {
			workers.Go(func() {
				if err := c.local(folder, server.URL(), s, say).Run(ctx); err != nil {
					cancel(err)
				}
			})
		})
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause
		}
		cancel(nil)
		workers.Wait()
		return err
	})
}

// local are the worker processes of a run: this program again.
func (c *sweepRunCommand) local(folder *sweep.Folder, url string, s streams, say func(string)) *sweep.Local {
	return &sweep.Local{
		Workers: c.Workers,
		Command: func(_ context.Context, _ int) *exec.Cmd {
			own, err := os.Executable()
			if err != nil {
				own = os.Args[0]
			}
			worker := exec.Command(own, "worker", "--sweep", folder.Sweep().ID(), "--until-eof", "--quiet")
			worker.Env = append(os.Environ(), natsVariable+"="+url, fmt.Sprintf("GOMAXPROCS=%d", max(1, runtime.NumCPU()/c.Workers)))
			worker.Stderr = s.talk
			return worker
		},
		Hopeless: func(code int) bool { return code == exitBroken },
		Deaths:   c.Attempts*folder.Sweep().Jobs() + c.Workers,
		Notice:   say,
	}
}

type sweepServeCommand struct {
	sweepFlags
	natsFlags
	Listen   string `default:"127.0.0.1:4222" help:"Address of the queue in this process, without --nats."`
	Replicas int    `default:"1" help:"Copies of the queue in a NATS cluster."`
}

// Run offers a sweep and collects what comes.
func (c *sweepServeCommand) Run(s streams) error {
	folder, err := c.folder()
	if err != nil {
		return err
	}
	return c.collectInto(s, folder, func(ctx context.Context, say func(string), collect collector) error {
		target, url := c.target(), "URL"
		if c.NATS == "" {
			server, err := sweep.Serve(sweep.ServerOptions{Dir: folder.QueueDir(), Listen: c.Listen})
			if err != nil {
				return err
			}
			defer server.Close()
			url = server.URL()
			target = sweep.Target{URL: server.LocalURL()}
		}
		options := c.options()
		options.Replicas = c.Replicas
		return collect(ctx, target, options, func() {
			if c.NATS == "" {
				fmt.Fprintln(s.out, url)
			}
			say(fmt.Sprintf("sweep %s waits for workers: floorsim worker --sweep %s --nats %s", folder.Sweep().ID(), folder.Sweep().ID(), url))
		})
	})
}

// collector collects a sweep from a server until it is complete. It calls opened
// when workers can join.
type collector func(ctx context.Context, target sweep.Target, options sweep.Options, opened func()) error

// collectInto runs what gathers the results of a folder's sweep, unless all are
// there, and says what they came to.
func (f *sweepFlags) collectInto(s streams, folder *sweep.Folder, gather func(context.Context, func(string), collector) error) (err error) {
	unlock, err := folder.Lock()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	report, err := folder.Report()
	if err != nil {
		return err
	}
	if len(report.Missing) > 0 {
		if err := f.gatherInto(s, folder, gather); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(folder.QueueDir()); err != nil {
		return fmt.Errorf("remove the queue: %w", err)
	}
	return conclude(s, folder)
}

func (f *sweepFlags) gatherInto(s streams, folder *sweep.Folder, gather func(context.Context, func(string), collector) error) error {
	ctx, stop := interruptible()
	defer stop()
	shown := newSweepDisplay(s.talk, f.Quiet, folder)
	defer shown.close()
	err := gather(ctx, shown.say, func(ctx context.Context, target sweep.Target, options sweep.Options, opened func()) error {
		conn, err := sweep.Connect(target)
		if err != nil {
			return err
		}
		defer conn.Close()
		_, err = (&sweep.Collector{Folder: folder, Conn: conn, Options: options, Notice: shown.say, Progress: shown.status, Opened: opened}).Collect(ctx)
		return err
	})
	if errors.Is(err, context.Canceled) {
		return &hinted{fmt.Errorf("stopped; what is done is in %s", folder.Dir()), "the same command goes on from here"}
	}
	return err
}

// conclude writes the tables and says what a sweep came to.
func conclude(s streams, folder *sweep.Folder) error {
	report, err := folder.Report()
	if err != nil {
		return err
	}
	written, err := folder.Tables()
	if err != nil {
		return err
	}
	page, err := reportSweep(folder, "")
	if err != nil {
		return err
	}
	written = append(written, page)
	for _, d := range report.Differences { // first: nothing else counts then
		fmt.Fprintln(s.out, d)
	}
	for i, o := range report.Troubles {
		if i == maxTroubles {
			fmt.Fprintf(s.out, "… and %d more, see the table\n", len(report.Troubles)-i)
			break
		}
		fmt.Fprintf(s.out, "point %q (job %d): %s: %s\n", o.ID, o.Job, o.State, firstLine(o.Error))
	}
	fmt.Fprintln(s.out, report)
	fmt.Fprintln(s.out, strings.Join(written, "\n"))
	if len(report.Missing) > 0 {
		return &hinted{fmt.Errorf("%d jobs have no result: %s", len(report.Missing), ranges(report.Missing)), "run them, then floorsim sweep collect again"}
	}
	if !report.Good() {
		return errFailed
	}
	return nil
}

// maxTroubles is how many bad points are printed: a screenful.
const maxTroubles = 20

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// ranges writes numbers as Slurm's --array takes them.
func ranges(numbers []int) string {
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		if i == j {
			parts = append(parts, fmt.Sprint(numbers[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", numbers[i], numbers[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ",")
}

type workerCommand struct {
	natsFlags
	Sweep    string `placeholder:"ID" help:"Which sweep, by the beginning of its id, if the server has several."`
	Scratch  string `type:"existingdir" placeholder:"DIR" help:"Where runs leave their files until they are sent; the system's without this."`
	Quiet    bool   `help:"Say nothing unless it goes wrong."`
	UntilEOF bool   `name:"until-eof" hidden:"" help:"End with standard input."`
}

// Run works until the sweep is finished.
func (c *workerCommand) Run(s streams) error {
	if c.NATS == "" {
		return &hinted{errors.New("no server to work for"), "floorsim worker --nats URL, as floorsim sweep serve prints it"}
	}
	build, err := buildID()
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	if c.UntilEOF {
		go func() {
			_, _ = s.in.Read(make([]byte, 1)) // it returns when the parent ends, however that does
			stop()
		}()
	}
	conn, err := sweep.Connect(c.target())
	if err != nil {
		return err
	}
	defer conn.Close()
	err = c.worker(conn, build, s).Work(ctx, c.Sweep)
	if errors.Is(err, context.Canceled) {
		return nil // told to stop, and the job is given back
	}
	return err
}

func (c *workerCommand) worker(conn *sweep.Conn, build string, s streams) *sweep.Worker {
	w := &sweep.Worker{Name: processName(), Build: build, Run: execute, Conn: conn, Scratch: c.Scratch}
	if !c.Quiet {
		w.Talk = func(text string) { fmt.Fprintf(s.talk, "floorsim: %s\n", text) }
	}
	return w
}

// processName tells workers apart.
func processName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s-%d", host, os.Getpid())
}

type sweepPointCommand struct {
	scenarioFlags
	Index    int    `required:"" help:"Number of the job: a point's place in the list, from 0; second runs come after the last."`
	Out      string `required:"" placeholder:"DIR" help:"Folder of the sweep; jobs may share it."`
	Build    string `placeholder:"ID" help:"Refuse to run with another build than this."`
	Attempts int    `default:"3" help:"How often the point is begun before it counts as failed."`
}

// Run runs one job.
func (c *sweepPointCommand) Run(s streams) error {
	folder, err := c.folderAt(c.Out)
	if err != nil {
		return err
	}
	if have := folder.Sweep().Build; c.Build != "" && c.Build != have {
		return &sweep.BuildError{Where: "the sweep", Want: c.Build, Have: have, Remedy: "install that floorsim here, or emit the sweep again with this one"}
	}
	ctx, stop := interruptible()
	defer stop()
	o, err := folder.RunHere(ctx, c.Index, processName(), execute, c.Attempts)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "point %q: %s, fingerprint %s, in %s\n", o.ID, o.State, o.Fingerprint, folder.JobDir(c.Index))
	if o.State != sweep.Fine {
		fmt.Fprintf(s.out, "%s\n", o.Error)
		return errFailed
	}
	return nil
}

type sweepCollectCommand struct {
	Dirs []string `arg:"" type:"existingdir" name:"dir" help:"Folders of one sweep."`
	Out  string   `placeholder:"DIR" help:"Where to merge them; the first of them without this."`
}

// Run merges folders of one sweep.
func (c *sweepCollectCommand) Run(s streams) error {
	first, err := sweep.OpenAny(c.Dirs[0])
	if err != nil {
		return err
	}
	into, rest := first, c.Dirs[1:]
	if c.Out != "" {
		rest = c.Dirs
		if into, err = sweep.Open(c.Out, first.Sweep()); err != nil {
			return err
		}
	}
	for _, dir := range rest {
		from, err := sweep.OpenAny(dir)
		if err != nil {
			return err
		}
		copied, err := into.Merge(from)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.talk, "floorsim: %d jobs from %s\n", copied, dir)
	}
	return conclude(s, into)
}

type sweepEmitCommand struct {
	scenarioFlags
	Slurm     bool   `xor:"form" required:"" help:"A script for sbatch."`
	K8s       bool   `name:"k8s" xor:"form" required:"" help:"A manifest for kubectl."`
	Parallel  bool   `xor:"form" required:"" help:"A job list for GNU parallel."`
	Out       string `required:"" placeholder:"DIR" help:"Folder of the sweep: the jobs write into it, so it must be where they can."`
	AtATime   int    `name:"jobs" placeholder:"N" help:"Most jobs at a time."`
	Program   string `placeholder:"PATH" help:"floorsim where the jobs run; this file without it, in Kubernetes floorsim."`
	CPUs      int    `name:"cpus" default:"1" help:"Cores of one job."`
	Memory    string `placeholder:"SIZE" help:"Memory of one job, in the scheduler's words: 4G, 4Gi."`
	Attempts  int    `default:"3" help:"How often a point is begun before it counts as failed."`
	ArraySize int    `default:"1000" help:"Slurm: most tasks in one array (MaxArraySize-1)."`
	Image     string `help:"Kubernetes: image that holds floorsim."`
	Claim     string `help:"Kubernetes: claim for the results, if there is one; it must be ReadWriteMany."`
	Storage   string `default:"10Gi" help:"Kubernetes: size of the claim that is made."`
}

// Run writes a sweep for another scheduler.
func (c *sweepEmitCommand) Run(s streams) error {
	folder, err := c.folderAt(c.Out)
	if err != nil {
		return err
	}
	options := sweep.EmitOptions{
		Command: c.Program, Parallel: c.AtATime, CPUs: c.CPUs, Memory: c.Memory, Attempts: c.Attempts,
		ArraySize: c.ArraySize, Image: c.Image, Claim: c.Claim, Storage: c.Storage,
	}
	if options.Command == "" && !c.K8s {
		if options.Command, err = os.Executable(); err != nil {
			return fmt.Errorf("where is floorsim: %w: say with --program", err)
		}
	}
	if strings.ContainsRune(options.Command, filepath.Separator) && !c.K8s {
		if options.Command, err = filepath.Abs(options.Command); err != nil {
			return fmt.Errorf("where is floorsim: %w", err)
		}
	}
	emit := folder.EmitParallel
	switch {
	case c.Slurm:
		emit = folder.EmitSlurm
	case c.K8s:
		emit = folder.EmitKubernetes
	}
	emitted, err := emit(options)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, emitted.File)
	fmt.Fprintf(s.talk, "%d jobs. Then:\n%s", folder.Sweep().Jobs(), emitted.Usage)
	return nil
}
