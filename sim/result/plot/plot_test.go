package plot_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"testing"

	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/plot"
	"github.com/floormesh/floormesh/sim/result/resulttest"
)

// TestEveryPlot: in both formats, of one run and of two, equal bytes for equal runs.
func TestEveryPlot(t *testing.T) {
	one := plot.Named{Name: "one", Run: resulttest.Run(t, resulttest.Options{Seed: 7})}
	two := plot.Named{Name: "two", Run: resulttest.Run(t, resulttest.Options{Seed: 8})}
	for _, what := range []string{plot.LatencyCDF, plot.LatencyTime, plot.Throughput, plot.Bytes, plot.Propagation} {
		for _, format := range []string{"svg", "pdf"} {
			var outputs [3]bytes.Buffer
			for i, runs := range [][]plot.Named{{one}, {one, two}, {one, two}} {
				if err := plot.Write(&outputs[i], what, format, runs); err != nil {
					t.Fatalf("%s as %s: %v", what, format, err)
				}
			}
			if bytes.Equal(outputs[0].Bytes(), outputs[1].Bytes()) {
				t.Errorf("%s as %s: one run and two give the same figure", what, format)
			}
			if !bytes.Equal(outputs[1].Bytes(), outputs[2].Bytes()) {
				t.Errorf("%s as %s: the same runs give different bytes", what, format)
			}
			if format == "pdf" {
				if !bytes.HasPrefix(outputs[1].Bytes(), []byte("%PDF-")) || !bytes.Contains(outputs[1].Bytes(), []byte("D:19700101000000")) {
					t.Errorf("%s: no PDF, or with the day it was made", what)
				}
				continue
			}
			wellFormed(t, what, &outputs[1])
		}
	}
}

func wellFormed(t *testing.T, what string, text io.Reader) {
	t.Helper()
	in := xml.NewDecoder(text)
	for {
		if _, err := in.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// TestWhatCannotBeDrawn: each refusal can be told apart.
func TestWhatCannotBeDrawn(t *testing.T) {
	run := plot.Named{Run: resulttest.Run(t, resulttest.Options{Seed: 7})}
	for _, c := range []struct {
		what string
		runs []plot.Named
		want error
	}{
		{"latency", []plot.Named{run}, plot.ErrNoSuchPlot},
		{plot.LatencyCDF, []plot.Named{{Run: &result.Run{}}}, plot.ErrNothing},
		{plot.LatencyTime, []plot.Named{{Run: &result.Run{}}}, plot.ErrNothing},
		{plot.LatencyCDF, make([]plot.Named, 7), plot.ErrTooManyRuns},
	} {
		if err := plot.Write(io.Discard, c.what, "svg", c.runs); !errors.Is(err, c.want) {
			t.Errorf("%s of %d runs: %v, want %v", c.what, len(c.runs), err, c.want)
		}
	}
	for path, want := range map[string]string{"a.svg": "svg", "b/c.PDF": "pdf", "x.png": "", "pdf": ""} {
		got, err := plot.Format(path)
		if got != want || (want == "") != errors.Is(err, plot.ErrNoFormat) {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
}
