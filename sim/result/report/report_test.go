package report_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/picture"
	"github.com/floormesh/floormesh/sim/result/report"
	"github.com/floormesh/floormesh/sim/result/resulttest"
)

func page(t *testing.T, run *result.Run, o report.Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := report.Write(&out, run, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestPageStandsAlone: nothing is fetched, every chart has a title, words for those
// who do not see it, and a table.
func TestPageStandsAlone(t *testing.T) {
	text := page(t, resulttest.Run(t, resulttest.Options{Seed: 7, Failed: true}), report.Options{})
	if found := regexp.MustCompile(`(?i)\s(src|href)=|url\(|@import`).FindString(text); found != "" {
		t.Errorf("the page asks for something: %q", found)
	}
	if strings.Count(text, "http") != strings.Count(text, `xmlns="http://www.w3.org/2000/svg"`)+strings.Count(text, "http-equiv") {
		t.Error("the page names an address")
	}
	charts := strings.Count(text, `<svg `)
	if charts != 9 {
		t.Errorf("%d charts, want 7 of the run, the faults and the DAG", charts)
	}
	for _, what := range []string{`role="img"`, "<desc>", "<summary>Numbers</summary>"} {
		if n := strings.Count(text, what); n != charts {
			t.Errorf("%d times %s for %d charts", n, what, charts)
		}
	}
	for _, want := range []string{"1 of 3 checks failed", "liveness", "n2 at ", "The DAG, rounds 1 to 14", `"seed":7`, "name: made up"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q", want)
		}
	}
}

// TestSameRunSamePage, but for the line that says what the machine did.
func TestSameRunSamePage(t *testing.T) {
	one := page(t, resulttest.Run(t, resulttest.Options{Seed: 7}), report.Options{})
	if again := page(t, resulttest.Run(t, resulttest.Options{Seed: 7}), report.Options{}); one != again {
		t.Error("two reports of one run differ")
	}
	slow := page(t, resulttest.Run(t, resulttest.Options{Seed: 7, Wall: time.Minute, Workers: 2}), report.Options{})
	a, b := strings.Split(one, "\n"), strings.Split(slow, "\n")
	for i := range a {
		if len(a) != len(b) || a[i] != b[i] && !strings.Contains(a[i], "Run on linux/amd64") && !strings.Contains(a[i], `"machine":{`) {
			t.Fatalf("line %d depends on the machine: %.200s", i, a[i])
		}
	}
}

// TestWordsAreEscaped: a scenario may be called anything.
func TestWordsAreEscaped(t *testing.T) {
	run := resulttest.Run(t, resulttest.Options{Seed: 7})
	const evil = `</script><script>alert(1)</script>`
	run.Summary.Scenario, run.Scenario = evil, []byte(evil)
	run.Summary.Faults[0].Label, run.Summary.Faults[0].Kind = evil, evil
	run.Summary.Verdicts[0].Detail = evil
	if text := page(t, run, report.Options{}); strings.Contains(text, "<script>alert") {
		t.Error("a name became a script")
	}
}

// TestRounds: the window of the DAG can be chosen.
func TestRounds(t *testing.T) {
	text := page(t, resulttest.Run(t, resulttest.Options{Seed: 7}), report.Options{Rounds: picture.Rounds{From: 3, To: 5}})
	if !strings.Contains(text, "The DAG, rounds 3 to 5") || strings.Contains(text, "member 0, round 6,") {
		t.Error("rounds 3 to 5 were asked for")
	}
}

// TestEmptyRun: a run in which nothing happened has a page all the same.
func TestEmptyRun(t *testing.T) {
	book, err := result.NewBook(result.Config{Interval: time.Second, Kinds: []string{"block"}, Roles: []string{"member"}, Nodes: make([]result.Place, 1), Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	if text := page(t, book.Close(result.Outcome{Scenario: "idle"}), report.Options{}); !strings.Contains(text, "nothing was checked") || strings.Contains(text, "<svg ") {
		t.Error("a page of nothing, with charts or without a verdict")
	}
}

// TestMuchToShow: latencies of many sizes, many kinds of messages, many faults.
func TestMuchToShow(t *testing.T) {
	kinds := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	book, err := result.NewBook(result.Config{Interval: time.Second, Kinds: kinds, Roles: []string{"member"}, Nodes: make([]result.Place, 1), Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	r := book.Partition(0)
	for i := range 60 {
		at := result.Instant(i) * result.Instant(time.Second)
		r.Reached(result.Final, at, time.Millisecond<<(i%12), 1)
		r.Sent(at, 0, result.Kind(i%len(kinds)), 1, uint64(1000-i%len(kinds)))
	}
	faults := make([]result.Fault, 40)
	for i := range faults {
		faults[i] = result.Fault{Kind: "crash", Label: "n0", From: result.Instant(i) * 1e9, To: result.Instant(i)*1e9 + 5e8}
	}
	text := page(t, book.Close(result.Outcome{Scenario: "much", End: 60e9, Faults: faults}), report.Options{})
	for _, want := range []string{"time (logarithmic)", ">others</text>", "The first 24 are drawn.", ">e</text>"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q", want)
		}
	}
	if strings.Contains(text, ">f</text>") || strings.Count(text, `class="bad"`) != 24 {
		t.Error("more is drawn than is read")
	}
}

// TestWindows: each window of the DAG is drawn by itself, and says whose it is.
func TestWindows(t *testing.T) {
	run := resulttest.Run(t, resulttest.Options{Seed: 7})
	second := result.Window{Mesh: 3, From: result.Instant(time.Second)}
	run.Summary.Windows = append(run.Summary.Windows, second, result.Window{Mesh: 4})
	run.Blocks = append(run.Blocks, result.Block{Window: 1, ID: 900, Round: 70}, result.Block{Window: 1, ID: 901, Round: 71, Author: 1})
	text := page(t, run, report.Options{})
	for _, want := range []string{"The DAG of site 0 from 0 on, rounds 1 to 14", "The DAG of site 3 from 1\u00a0s on, rounds 70 to 71"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q", want)
		}
	}
	if strings.Contains(text, "site 4") {
		t.Error("a window without blocks is drawn")
	}
}
