package sweep

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	neturl "net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// The test binary is also a worker and a server, by these variables.
const (
	workerVariable  = "SWEEP_TEST_WORKER" // URL
	serverVariable  = "SWEEP_TEST_SERVER" // address to listen on
	folderVariable  = "SWEEP_TEST_FOLDER" // of the server's sweep; for workers, of marks
	sweepVariable   = "SWEEP_TEST_ID"     // of the sweep to work on
	testBuild       = "build-one"
	testScenario    = "name: test\nsweep:\n  repeats: 3\n"
	soon            = 2 * time.Minute // nothing here takes seconds, but machines stall
	testLease       = 1500 * time.Millisecond
	quietTestRetry  = 10 * time.Millisecond
	scenarioHang    = "hang at first"
	scenarioKill    = "kill the process"
	scenarioFail    = "fail"
	scenarioPanic   = "panic"
	scenarioViolate = "violate"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(workerVariable) != "":
		os.Exit(workerProcess())
	case os.Getenv(serverVariable) != "":
		os.Exit(serverProcess())
	}
	os.Exit(m.Run())
}

func workerProcess() int {
	conn, err := Connect(Target{URL: os.Getenv(workerVariable)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	defer conn.Close()
	w := &Worker{Name: fmt.Sprintf("process-%d", os.Getpid()), Build: testBuild, Run: fakeRun, Conn: conn}
	if err := w.Work(context.Background(), os.Getenv(sweepVariable)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	return 0
}

func serverProcess() int {
	folder, err := OpenAny(os.Getenv(folderVariable))
	if err == nil {
		err = serveAndCollect(folder, os.Getenv(serverVariable))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	return 0
}

func serveAndCollect(folder *Folder, listen string) error {
	s, err := Serve(ServerOptions{Dir: folder.QueueDir(), Listen: listen})
	if err != nil {
		return err
	}
	defer s.Close()
	conn, err := Connect(Target{URL: s.URL()})
	if err != nil {
		return err
	}
	defer conn.Close()
	c := &Collector{Folder: folder, Conn: conn, Options: testOptions(), Opened: func() { fmt.Println(s.URL()) }}
	_, err = c.Collect(context.Background())
	return err
}

func testOptions() Options {
	return Options{Lease: testLease, Attempts: 2, Retry: quietTestRetry}
}

// fakeRun does what the scenario of a point says.
func fakeRun(ctx context.Context, p Point, dir string, progress func(float64)) (Result, error) {
	r := Result{Fingerprint: "f-" + p.ID, Summary: json.RawMessage(fmt.Sprintf(`{"quantiles":{"p50":%d}}`, p.Seed))}
	switch p.Scenario {
	case scenarioHang:
		mark, err := os.OpenFile(filepath.Join(os.Getenv(folderVariable), "mark"), os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			break
		}
		if err = errors.Join(err, mark.Close()); err != nil {
			return r, err
		}
		progress(0.5)
		<-ctx.Done()
	case scenarioKill:
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		<-ctx.Done()
		return r, err
	case scenarioFail:
		return r, errors.New("no such scenario")
	case scenarioPanic:
		panic("index out of range")
	case scenarioViolate:
		r.Violated = "agreement: nodes 1 and 2 differ"
	}
	return r, os.WriteFile(filepath.Join(dir, "run.txt"), []byte(p.ID), 0o600)
}

// fakePoints makes points p0, p1, …, of which some have a scenario.
func fakePoints(count int, scenarios map[int]string) []Point {
	points := make([]Point, count)
	for i := range points {
		points[i] = Point{ID: "p" + strconv.Itoa(i), Seed: uint64(i), Scenario: scenarios[i]}
	}
	return points
}

func mustSweep(t *testing.T, points []Point) *Sweep {
	t.Helper()
	s, err := New("test", testBuild, testScenario, points)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustFolder(t *testing.T, dir string, s *Sweep) *Folder {
	t.Helper()
	f, err := Open(dir, s)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func mustServe(t *testing.T, o ServerOptions) *Server {
	t.Helper()
	s, err := Serve(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func mustConnect(t *testing.T, url string) *Conn {
	t.Helper()
	conn, err := Connect(Target{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	t.Cleanup(cancel)
	return ctx
}

// said gathers what a collector tells people.
type said struct {
	mu    sync.Mutex
	lines []string
}

func (s *said) add(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
}

func (s *said) has(parts ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.lines {
		all := true
		for _, part := range parts {
			all = all && strings.Contains(line, part)
		}
		if all {
			return true
		}
	}
	return false
}

type collected struct {
	report *Report
	err    error
}

// start collects in the background. It returns once the sweep can be joined.
func start(ctx context.Context, t *testing.T, f *Folder, url string, say func(string)) <-chan collected {
	t.Helper()
	conn := mustConnect(t, url)
	opened := make(chan struct{})
	c := &Collector{Folder: f, Conn: conn, Notice: say, Options: testOptions(), Opened: func() { close(opened) }}
	done := make(chan collected, 1)
	go func() {
		r, err := c.Collect(ctx)
		done <- collected{r, err}
	}()
	select {
	case <-opened:
	case c := <-done:
		t.Fatalf("collecting ended with %v", c.err)
	}
	return done
}

func finish(ctx context.Context, t *testing.T, done <-chan collected) *Report {
	t.Helper()
	select {
	case c := <-done:
		if c.err != nil {
			t.Fatal(c.err)
		}
		return c.report
	case <-ctx.Done():
		t.Fatal("the sweep does not end")
		return nil
	}
}

func process(t *testing.T, environment ...string) *exec.Cmd {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(own)
	command.Env = append(os.Environ(), environment...)
	command.Stderr = os.Stderr
	return command
}

// TestThreeWorkersOneKilled: whatever a killed worker had in hand is run by
// another, and every point has one result.
func TestThreeWorkersOneKilled(t *testing.T) {
	const points, hanging = 40, 7
	ctx := testContext(t)
	marks := t.TempDir()
	f := mustFolder(t, t.TempDir(), mustSweep(t, fakePoints(points, map[int]string{hanging: scenarioHang})))
	s := mustServe(t, ServerOptions{Dir: f.QueueDir()})
	conn := mustConnect(t, s.URL())
	began, err := conn.nats.SubscribeSync(eventSubject(f.sweep.ID(), hanging, eventBegan))
	if err != nil {
		t.Fatal(err)
	}
	hangs, err := conn.nats.SubscribeSync(subject(f.sweep.ID(), "progress", strconv.Itoa(hanging)))
	if err = errors.Join(err, conn.flush()); err != nil {
		t.Fatal(err)
	}
	done := start(ctx, t, f, s.URL(), logTo(t))
	workers := map[string]*exec.Cmd{}
	for range 3 {
		w := process(t, workerVariable+"="+s.URL(), sweepVariable+"="+f.sweep.ID(), folderVariable+"="+marks)
		if err := w.Start(); err != nil {
			t.Fatal(err)
		}
		workers[fmt.Sprintf("process-%d", w.Process.Pid)] = w
	}
	m, err := began.NextMsgWithContext(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hangs.NextMsgWithContext(ctx); err != nil {
		t.Fatal(err)
	}
	var e event
	if err := json.Unmarshal(m.Data, &e); err != nil {
		t.Fatal(err)
	}
	if err := workers[e.Worker].Process.Kill(); err != nil {
		t.Fatal(err)
	}
	r := finish(ctx, t, done)
	if !r.Good() || r.Fine != points || r.Again != 1 {
		t.Errorf("got %v, %+v", r, r.Troubles)
	}
	checkFolders(t, f)
	o, _, err := f.Outcome(hanging)
	if err != nil || o.Worker == e.Worker || o.Attempts != 2 {
		t.Errorf("point %d: worker %s, attempt %d, %v; want another than %s and attempt 2", hanging, o.Worker, o.Attempts, err, e.Worker)
	}
	for name, w := range workers {
		err := w.Wait()
		if name == e.Worker && err == nil || name != e.Worker && err != nil {
			t.Errorf("worker %s ended with %v", name, err)
		}
	}
}

// checkFolders checks that each job has one folder, with what its run left.
func checkFolders(t *testing.T, f *Folder) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(f.dir, "points"))
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), ".partial-") })
	if err != nil || len(entries) != f.sweep.Jobs() {
		t.Errorf("got %d folders, %v; want %d", len(entries), err, f.sweep.Jobs())
	}
	for job := range f.sweep.Jobs() {
		index, _ := f.sweep.place(job)
		text, err := os.ReadFile(filepath.Join(f.JobDir(job), "run", "run.txt"))
		if err != nil || string(text) != f.sweep.Points[index].ID {
			t.Errorf("job %d left %q, %v; want %q", job, text, err, f.sweep.Points[index].ID)
		}
	}
}

// serverOf is a process that serves and collects a folder's sweep.
type serverOf struct {
	*exec.Cmd
	url string
}

// startServer returns when workers can join.
func startServer(t *testing.T, f *Folder, listen string) serverOf {
	t.Helper()
	p := process(t, serverVariable+"="+listen, folderVariable+"="+f.dir)
	says, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() })
	line, err := bufio.NewReader(says).ReadString('\n')
	if err != nil {
		t.Fatalf("the server does not start: %v", err)
	}
	return serverOf{p, strings.TrimSpace(line)}
}

// address is where it listens: its token's place is taken out.
func (s serverOf) address(t *testing.T) string {
	t.Helper()
	u, err := neturl.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// TestServerKilled: workers live through the death of the server, and what they
// did before and meanwhile is not done again.
func TestServerKilled(t *testing.T) {
	const points, held = 12, 5
	ctx := testContext(t)
	f := mustFolder(t, t.TempDir(), mustSweep(t, fakePoints(points, nil)))
	first := startServer(t, f, "127.0.0.1:0")
	conn, err := Connect(Target{URL: first.url, Waits: Waits{
		Reconnect: 20 * time.Millisecond, Call: time.Second, Try: 300 * time.Millisecond, Poll: 500 * time.Millisecond, Presence: 50 * time.Millisecond,
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	var runs sync.Map
	reached, release := make(chan struct{}), make(chan struct{})
	w := &Worker{Name: "only", Build: testBuild, Conn: conn, Run: func(ctx context.Context, p Point, dir string, progress func(float64)) (Result, error) {
		count, _ := runs.LoadOrStore(p.ID, new(int))
		*count.(*int)++
		if p.Seed == held && *count.(*int) == 1 {
			close(reached)
			<-release
		}
		return fakeRun(ctx, p, dir, progress)
	}}
	worked := make(chan error, 1)
	go func() { worked <- w.Work(ctx, f.sweep.ID()) }()
	<-reached
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	close(release) // its result finds no server
	second := startServer(t, f, first.address(t))
	if err := second.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := <-worked; err != nil {
		t.Fatal(err)
	}
	r, err := f.Report()
	if err != nil || !r.Good() || r.Fine != points {
		t.Errorf("got %v, %v", r, err)
	}
	checkFolders(t, f)
	for i, p := range f.sweep.Points {
		want := 1
		if _, again := f.sweep.second(i); again {
			want = 2
		}
		if count, _ := runs.Load(p.ID); *count.(*int) != want {
			t.Errorf("point %s was run %d times, want %d", p.ID, *count.(*int), want)
		}
	}
}

// TestEverythingDies: server, collector and worker end; all is started again and
// only the rest is run.
func TestEverythingDies(t *testing.T) {
	const points, held = 10, 4
	ctx := testContext(t)
	f := mustFolder(t, t.TempDir(), mustSweep(t, fakePoints(points, nil)))
	s := mustServe(t, ServerOptions{Dir: f.QueueDir()})
	life, die := context.WithCancel(ctx)
	done := start(life, t, f, s.URL(), nil)
	reached := make(chan struct{})
	conn := mustConnect(t, s.URL())
	w := &Worker{Name: "first", Build: testBuild, Conn: conn, Run: func(ctx context.Context, p Point, dir string, progress func(float64)) (Result, error) {
		if p.Seed == held {
			close(reached)
			<-ctx.Done()
			return Result{}, ctx.Err()
		}
		return fakeRun(ctx, p, dir, progress)
	}}
	worked := make(chan error, 1)
	go func() { worked <- w.Work(life, "") }()
	<-reached
	conn.Close() // like a process that is gone: it can give nothing back
	die()
	if err := <-worked; !errors.Is(err, context.Canceled) {
		t.Fatalf("working ended with %v", err)
	}
	if c := <-done; !errors.Is(c.err, context.Canceled) {
		t.Fatalf("collecting ended with %v", c.err)
	}
	s.Close()

	s = mustServe(t, ServerOptions{Dir: f.QueueDir()})
	done = start(ctx, t, f, s.URL(), logTo(t))
	var runs sync.Map
	w = &Worker{Name: "second", Build: testBuild, Conn: mustConnect(t, s.URL()), Run: func(ctx context.Context, p Point, dir string, progress func(float64)) (Result, error) {
		runs.Store(p.Seed, true)
		return fakeRun(ctx, p, dir, progress)
	}}
	if err := w.Work(ctx, f.sweep.ID()[:4]); err != nil {
		t.Fatal(err)
	}
	if r := finish(ctx, t, done); !r.Good() || r.Fine != points {
		t.Errorf("got %v", r)
	}
	checkFolders(t, f)
	for i := range points {
		_, again := f.sweep.second(i)
		if _, ran := runs.Load(uint64(i)); ran != (i >= held || again) {
			t.Errorf("point %d: run again is %v", i, ran)
		}
	}
}

// TestAnotherBuildIsRefused: both ends say which builds, and what to do.
func TestAnotherBuildIsRefused(t *testing.T) {
	ctx := testContext(t)
	f := mustFolder(t, t.TempDir(), mustSweep(t, fakePoints(1, nil)))
	s := mustServe(t, ServerOptions{Dir: f.QueueDir()})
	heard := make(chan string, maxNotices)
	done := start(ctx, t, f, s.URL(), func(line string) { heard <- line })
	conn := mustConnect(t, s.URL())
	err := (&Worker{Name: "stranger", Build: "build-two", Conn: conn, Run: fakeRun}).Work(ctx, "")
	refused, ok := errors.AsType[*BuildError](err)
	if !ok || refused.Want != testBuild || refused.Have != "build-two" || refused.Remedy == "" {
		t.Fatalf("the worker got %v", err)
	}
	for _, part := range []string{"stranger", testBuild, "build-two", "copy"} {
		if line := <-heard; !strings.Contains(line, part) {
			t.Errorf("the server says %q, without %q", line, part)
		} else {
			heard <- line
		}
	}
	if err := (&Worker{Name: "own", Build: testBuild, Conn: conn, Run: fakeRun}).Work(ctx, ""); err != nil {
		t.Fatal(err)
	}
	if r := finish(ctx, t, done); !r.Good() {
		t.Errorf("got %v", r)
	}
}

// TestExternalServer runs a sweep twice at a server that is not ours, with a
// password, and two workers: second runs are done by the other.
func TestExternalServer(t *testing.T) {
	ctx := testContext(t)
	own, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, Username: "anna", Password: "secret",
		JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	own.Start()
	t.Cleanup(func() { own.Shutdown(); own.WaitForShutdown() })
	if !own.ReadyForConnections(soon) {
		t.Fatal("not ready")
	}
	url := "nats://anna:secret@" + own.Addr().String()
	list := mustSweep(t, fakePoints(20, nil))
	for range 2 { // the second time, the first's traces must not matter
		f := mustFolder(t, t.TempDir(), list)
		done := start(ctx, t, f, url, logTo(t))
		var group sync.WaitGroup
		for _, name := range []string{"left", "right"} {
			group.Go(func() {
				w := &Worker{Name: name, Build: testBuild, Conn: mustConnect(t, url), Run: fakeRun}
				if err := w.Work(ctx, ""); err != nil {
					t.Error(err)
				}
			})
		}
		r := finish(ctx, t, done)
		group.Wait()
		if !r.Good() || r.Fine != 20 || r.Again != 1 {
			t.Errorf("got %v", r)
		}
		for _, index := range list.Again() {
			first, _, err := f.Outcome(index)
			second, there, err2 := f.Outcome(mustSecond(t, list, index))
			if err := errors.Join(err, err2); err != nil || !there || first.Worker == second.Worker {
				t.Errorf("point %d ran on %s and %s, %v", index, first.Worker, second.Worker, err)
			}
		}
	}
	if kept, err := own.Jsz(nil); err != nil || kept.Streams != 1 {
		t.Errorf("the server keeps %+v, %v; want one stream, the list of sweeps", kept, err)
	}
}

func mustSecond(t *testing.T, s *Sweep, point int) int {
	t.Helper()
	job, ok := s.second(point)
	if !ok {
		t.Fatalf("point %d is not run twice", point)
	}
	return job
}

// TestDifferenceIsLoud: a run that is not reproducible fails the sweep.
func TestDifferenceIsLoud(t *testing.T) {
	ctx := testContext(t)
	f := mustFolder(t, t.TempDir(), mustSweep(t, fakePoints(3, nil)))
	s := mustServe(t, ServerOptions{Dir: f.QueueDir()})
	var loud said
	done := start(ctx, t, f, s.URL(), loud.add)
	var calls int
	w := &Worker{Name: "only", Build: testBuild, Conn: mustConnect(t, s.URL()), Run: func(ctx context.Context, p Point, dir string, progress func(float64)) (Result, error) {
		r, err := fakeRun(ctx, p, dir, progress)
		calls++
		r.Fingerprint = strconv.Itoa(calls)
		return r, err
	}}
	if err := w.Work(ctx, ""); err != nil {
		t.Fatal(err)
	}
	r := finish(ctx, t, done)
	if r.Good() || len(r.Differences) != 1 || r.Again != 1 || r.Fine != 3 {
		t.Errorf("got %v", r)
	}
	if !loud.has("NOT REPRODUCIBLE", f.sweep.Points[f.sweep.Again()[0]].ID) {
		t.Errorf("not said: %q", loud.lines)
	}
}

// TestBadPointsDoNotStopTheRest: errors, panics, violations and killed workers
// are recorded, and everything else is run.
func TestBadPointsDoNotStopTheRest(t *testing.T) {
	ctx := testContext(t)
	bad := map[int]string{2: scenarioFail, 4: scenarioPanic, 6: scenarioViolate, 8: scenarioKill}
	f := mustFolder(t, t.TempDir(), mustSweep(t, fakePoints(12, bad)))
	s := mustServe(t, ServerOptions{Dir: f.QueueDir()})
	done := start(ctx, t, f, s.URL(), logTo(t))
	marks := t.TempDir()
	local := &Local{
		Workers: 2, Deaths: 10, Notice: logTo(t), Retry: quietTestRetry,
		Hopeless: func(code int) bool { return code == 3 },
		Command: func(context.Context, int) *exec.Cmd {
			return process(t, workerVariable+"="+s.URL(), sweepVariable+"="+f.sweep.ID(), folderVariable+"="+marks)
		},
	}
	if err := local.Run(ctx); err != nil {
		t.Error(err)
	}
	r := finish(ctx, t, done)
	if r.Fine != 8 || r.Violated != 1 || r.Failed != 3 {
		t.Errorf("got %v", r)
	}
	for index, want := range map[int]Outcome{
		2: {State: Failed, Attempts: 2, Error: "no such scenario"},
		4: {State: Failed, Attempts: 2, Error: "panic: index out of range"},
		6: {State: Violated, Attempts: 1, Error: "agreement"},
		8: {State: Failed, Attempts: 2, Error: "its workers died 2 times"},
	} {
		o, _, err := f.Outcome(index)
		if err != nil || o.State != want.State || o.Attempts != want.Attempts || !strings.Contains(o.Error, want.Error) {
			t.Errorf("point %d: %s after %d attempts with %q, %v; want %+v", index, o.State, o.Attempts, o.Error, err, want)
		}
	}
}

// TestSecondResultIsRefused: the stream takes one result of a job, also of two
// workers that both believe that they hold the lease.
func TestSecondResultIsRefused(t *testing.T) {
	ctx := testContext(t)
	s := mustServe(t, ServerOptions{Dir: t.TempDir()})
	options, err := Options{}.complete()
	if err != nil {
		t.Fatal(err)
	}
	about := notice{ID: "0123456789abcdef", Name: "n", Build: testBuild, Points: 1, Jobs: 2, Options: options}
	q, err := openQueue(ctx, mustConnect(t, s.URL()), about)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openQueue(ctx, mustConnect(t, s.URL()), about); err != nil {
		t.Fatalf("a queue cannot be opened twice: %v", err)
	}
	for _, name := range []string{jobSubject(about.ID, 0), resultSubject(about.ID, 0)} {
		if _, err := q.js.Publish(ctx, name, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		if _, err := q.js.Publish(ctx, name, []byte("{}")); !taken(err) {
			t.Errorf("the second message on %s: got %v, want that it is taken", name, err)
		}
	}
}

// logTo makes a notice of the test's log, which must not be written to after the
// test: the collector has ended by then.
func logTo(t *testing.T) func(string) {
	return func(line string) { t.Log(line) }
}
