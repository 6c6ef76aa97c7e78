package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/resulttest"
)

// swept is a sweep of two axes with one run that violated something and one that could not be run.
func swept() *result.Study {
	s := &result.Study{
		Name: "loss & size", Build: "git-1", Scenario: []byte("name: x # <y>"), Notes: []string{"7 points: <bad>"},
		Axes: []result.Axis{
			result.NewAxis("network.within.loss", []string{"0%", "1%", "5%"}),
			result.NewAxis("adversaries[0].kind", []string{"silent", "twins"}),
		},
	}
	for i, loss := range s.Axes[0].Values {
		for j, kind := range s.Axes[1].Values {
			ns := int64(1+9*i+80*j) * 1_000_000
			s.Cases = append(s.Cases, result.Case{
				ID: "loss=" + loss + ",kind=" + kind, Values: []string{loss, kind}, State: "fine",
				Brief: &result.Brief{Final: 10, Bytes: 12_000, Latency: map[string]result.Quantiles{"final": {Count: 10, P50: ns, P99: 2 * ns}}},
			})
		}
	}
	s.Cases[4].State = "violated"
	s.Cases[5].State, s.Cases[5].Brief = "failed", nil
	return s
}

// TestStudy: the page says what the sweep came to, draws each measure that there is, and lists every run.
func TestStudy(t *testing.T) {
	var page, again bytes.Buffer
	if err := WriteStudy(&page, swept()); err != nil {
		t.Fatal(err)
	}
	if err := WriteStudy(&again, swept()); err != nil || !bytes.Equal(page.Bytes(), again.Bytes()) {
		t.Errorf("written twice, the pages differ: %v", err)
	}
	text := page.String()
	for _, want := range []string{
		"2 of 6 runs are not fine", "<h2>Over network.within.loss</h2>", "Time to final, 99 %", "time to final (logarithmic)",
		"Bytes for each final record", "kind twins", "loss=5%,kind=twins", "7 points: &lt;bad&gt;", "name: x # &lt;y&gt;",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, no := range []string{"Throughput", "Rounds for", "<script"} {
		if strings.Contains(strings.SplitN(text, "<h2>The runs", 2)[0], no) {
			t.Errorf("the page shows %q, which was not measured", no)
		}
	}
	if got := strings.Count(text, "<figure>"); got != 3 {
		t.Errorf("%d figures", got)
	}
}

// TestStudyOfNothing: a sweep that has not run yet has a page, too.
func TestStudyOfNothing(t *testing.T) {
	s := swept()
	s.Cases = nil
	var page bytes.Buffer
	if err := WriteStudy(&page, s); err != nil || !strings.Contains(page.String(), "No run has measured anything yet") {
		t.Errorf("%v: %s", err, page.String())
	}
}

// TestOneHead: both pages begin and look alike, each with a title of its own.
func TestOneHead(t *testing.T) {
	begins := func(text string) (title, rest string) {
		text, _, found := strings.Cut(text, "<header>")
		before, after, titled := strings.Cut(text, "<title>")
		title, after, ended := strings.Cut(after, "</title>")
		if !found || !titled || !ended {
			t.Fatalf("no head: %.300s", text)
		}
		return title, before + after
	}
	var run, study bytes.Buffer
	if err := Write(&run, resulttest.Run(t, resulttest.Options{Seed: 7}), Options{}); err != nil {
		t.Fatal(err)
	}
	if err := WriteStudy(&study, swept()); err != nil {
		t.Fatal(err)
	}
	title, one := begins(run.String())
	other, two := begins(study.String())
	if one != two || !strings.Contains(one, "Content-Security-Policy") {
		t.Errorf("the heads differ:\n%s\n%s", one, two)
	}
	if title == other || title == "" || other == "" {
		t.Errorf("the titles are %q and %q", title, other)
	}
}
