package sweep

import (
	"archive/tar"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
)

// TestPointsRoundTrip: what is written is read again, whatever is in it, and is
// ASCII.
func TestPointsRoundTrip(t *testing.T) {
	points := []Point{
		{ID: "a=1", Seed: 1<<64 - 1, Axes: map[string]string{"a": "1", "b": "x"}, Scenario: "nodes: 4 # vier\n<&>\u0085\u2028"},
		{ID: "größe=😀", Scenario: ""},
	}
	var text bytes.Buffer
	if err := WritePoints(&text, points); err != nil {
		t.Fatal(err)
	}
	for _, b := range text.Bytes() {
		if b >= 0x7f {
			t.Fatalf("not ASCII: %q", text.String())
		}
	}
	got, err := ReadPoints(strings.NewReader("\n" + text.String() + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(points, got); diff != "" {
		t.Error(diff)
	}
}

func TestBadPoints(t *testing.T) {
	good := `{"id":"a","seed":1,"scenario":""}` + "\n"
	for name, c := range map[string]struct{ text, want string }{
		"no JSON":     {good + "nodes: 4\n", "line 2"},
		"unknown key": {`{"id":"a","sede":1}`, `line 1, column 11: unknown key "sede"`},
		"no id":       {`{"seed":1}`, "an id has"},
		"two values":  {`{"id":"a"} {"id":"b"}`, "something follows"},
		"negative":    {`{"id":"a","seed":-1}`, "line 1"},
		"long":        {`{"id":"a","scenario":"` + strings.Repeat("x", maxScenarioBytes+1) + `"}`, "are allowed"},
		"control":     {`{"id":"a\nb"}`, "control characters"},
	} {
		if _, err := ReadPoints(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if _, err := New("n", testBuild, "", append(fakePoints(2, nil), fakePoints(1, nil)...)); err == nil || !strings.Contains(err.Error(), "points 0 and 2") {
		t.Errorf("two points of one name: got %v", err)
	}
}

// TestIdentity: the id follows from build and points and nothing else, on every
// machine, and one percent is chosen, at least one.
func TestIdentity(t *testing.T) {
	a := mustSweep(t, fakePoints(250, nil))
	if got, want := a.ID(), "b36f4bb668e6ca76"; got != want {
		t.Errorf("got id %s, want %s", got, want)
	}
	if got := a.Again(); len(got) != 3 || !slices.IsSorted(got) {
		t.Errorf("chosen: %v, want three", got)
	}
	if one := mustSweep(t, fakePoints(1, nil)); len(one.Again()) != 1 {
		t.Errorf("of one point %d are run twice, want 1", len(one.Again()))
	}
	b, err := New("another name", testBuild, "", fakePoints(250, nil))
	if err != nil || b.ID() != a.ID() {
		t.Errorf("the name changes the id: %v", err)
	}
	c, err := New("test", "build-two", "", fakePoints(250, nil))
	if err != nil || c.ID() == a.ID() {
		t.Errorf("the build does not change the id: %v", err)
	}
	d := mustSweep(t, fakePoints(250, map[int]string{3: "x"}))
	if d.ID() == a.ID() {
		t.Error("a scenario does not change the id")
	}
	for job := range a.Jobs() {
		index, again := a.place(job)
		if back, ok := a.second(index); again && (!ok || back != job) {
			t.Errorf("job %d is the second run of %d, whose second run is %d", job, index, back)
		}
	}
}

func TestFolderOfAnotherSweep(t *testing.T) {
	dir := t.TempDir()
	mustFolder(t, dir, mustSweep(t, fakePoints(2, nil)))
	_, err := Open(dir, mustSweep(t, fakePoints(3, nil)))
	if wrong, is := errors.AsType[*FolderError](err); !is || !strings.Contains(wrong.Hint(), "--out") {
		t.Errorf("other points: got %v", err)
	}
	other, err := New("test", "build-two", "", fakePoints(2, nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, other); err == nil || !strings.Contains(err.Error(), testBuild) || !strings.Contains(err.Error(), "build-two") {
		t.Errorf("another build: got %v", err)
	}
}

func TestLock(t *testing.T) {
	f := mustFolder(t, t.TempDir(), mustSweep(t, fakePoints(1, nil)))
	unlock, err := f.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Lock(); err == nil {
		t.Error("two locks")
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	unlock, err = f.Lock()
	if err != nil {
		t.Fatalf("not unlocked: %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
}

func TestArchiveRoundTrip(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	if err := os.MkdirAll(filepath.Join(from, "a", "b"), 0o755); err != nil {
		t.Fatal(err)
	}
	big := bytes.Repeat([]byte("0123456789abcdef"), 300_000)
	for name, text := range map[string][]byte{"a/b/c": []byte("x"), "big": big, "empty": nil} {
		if err := os.WriteFile(filepath.Join(from, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var first, second bytes.Buffer
	if err := pack(&first, from); err != nil {
		t.Fatal(err)
	}
	if err := pack(&second, from); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("two archives of one folder differ, %v", err)
	}
	if err := unpack(&first, to); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"a/b/c": []byte("x"), "big": big, "empty": {}} {
		if got, err := os.ReadFile(filepath.Join(to, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v; want %d", name, len(got), err, len(want))
		}
	}
}

// TestHostileArchive: nothing leaves the folder, and no links enter it.
func TestHostileArchive(t *testing.T) {
	for name, header := range map[string]tar.Header{
		"upwards":  {Name: "../outside", Typeflag: tar.TypeReg, Mode: 0o644},
		"absolute": {Name: filepath.Join(os.TempDir(), "outside"), Typeflag: tar.TypeReg, Mode: 0o644},
		"link":     {Name: "link", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
		"device":   {Name: "device", Typeflag: tar.TypeChar},
	} {
		var text bytes.Buffer
		squeezed, err := zstd.NewWriter(&text)
		if err != nil {
			t.Fatal(err)
		}
		archive := tar.NewWriter(squeezed)
		if err := archive.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
		if err := archive.Close(); err != nil {
			t.Fatal(err)
		}
		if err := squeezed.Close(); err != nil {
			t.Fatal(err)
		}
		if err := unpack(&text, t.TempDir()); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := unpack(strings.NewReader("no archive"), t.TempDir()); err == nil {
		t.Error("garbage: taken")
	}
	dir := t.TempDir()
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	if err := pack(&bytes.Buffer{}, dir); err == nil {
		t.Error("a link was packed")
	}
}

// TestTables: the columns are what all runs have, axes, and leaves of the
// summaries; both formats hold the same.
func TestTables(t *testing.T) {
	points := fakePoints(3, nil)
	points[0].Axes, points[1].Axes, points[2].Axes = map[string]string{"n": "4", "loss": "0%"}, map[string]string{"n": "10", "loss": "0.5%"}, map[string]string{"n": "4", "loss": "10%"}
	points[2].Seed = 1<<64 - 1
	f := mustFolder(t, t.TempDir(), mustSweep(t, points))
	for job, o := range []Outcome{
		{State: Fine, Fingerprint: "f0", Summary: []byte(`{"q":{"p50":1,"p99":2.5},"ok":true,"seed":7}`)},
		{State: Fine, Fingerprint: "f1", Summary: []byte(`{"q":{"p50":3,"p99":4},"ok":false,"list":[1,2]}`)},
		{State: Failed, Error: "line one\nline, \"two\""},
	} {
		whole := f.sweep.outcome(job)
		whole.State, whole.Fingerprint, whole.Summary, whole.Error = o.State, o.Fingerprint, o.Summary, o.Error
		whole.Worker, whole.Attempts, whole.WallSeconds = "w", 1, 0.5
		if err := f.Save(whole, nil); err != nil {
			t.Fatal(err)
		}
	}
	paths, err := f.Tables()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	want := `index,id,repeat,seed,state,error,fingerprint,worker,attempts,wall_seconds,axis.loss (%),axis.n,list,ok,q.p50,q.p99,summary.seed
0,p0,0,0,fine,,f0,w,1,0.5,0,4,,true,1,2.5,7
1,p1,0,1,fine,,f1,w,1,0.5,0.5,10,"[1,2]",false,3,4,
2,p2,0,18446744073709551615,failed,"line one
line, ""two""",,w,1,0.5,10,4,,,,,
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	type row struct {
		Index int64    `parquet:"index"`
		State *string  `parquet:"state,optional"`
		N     *int64   `parquet:"axis.n,optional"`
		OK    *bool    `parquet:"ok,optional"`
		P50   *int64   `parquet:"q.p50,optional"`
		P99   *float64 `parquet:"q.p99,optional"`
	}
	rows, err := parquet.ReadFile[row](paths[1])
	if err != nil {
		t.Fatal(err)
	}
	wantRows := []row{
		{0, new("fine"), new(int64(4)), new(true), new(int64(1)), new(2.5)},
		{1, new("fine"), new(int64(10)), new(false), new(int64(3)), new(4.0)},
		{2, new("failed"), new(int64(4)), nil, nil, nil},
	}
	if diff := cmp.Diff(wantRows, rows); diff != "" {
		t.Error(diff)
	}
}

// TestPace: the estimate counts runs under way by their parts.
func TestPace(t *testing.T) {
	begin := time.Unix(0, 0)
	p := newPace(begin)
	if got := p.status(begin.Add(10), 10, 10); got.Left != 0 {
		t.Errorf("an estimate from nothing: %v", got)
	}
	p.moved(4, 0.5)
	p.moved(5, 0.5)
	p.done = 1
	got := p.status(begin.Add(4_000_000_000), 10, 9)
	if want := "1 of 10 runs, 2 running, 16s left"; got.String() != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
