package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/picture"
	"github.com/floormesh/floormesh/sim/result/plot"
	"github.com/floormesh/floormesh/sim/result/report"
	"github.com/floormesh/floormesh/sim/sweep"
)

// readResults reads a results folder.
func readResults(dir string) (*result.Run, error) {
	run, err := result.Read(dir)
	return run, noRun(dir, err)
}

type exportCommand struct {
	Dir string `arg:"" help:"Results folder."`
	Out string `short:"o" help:"Folder to write to; default: csv in the results folder."`
}

// Run writes the tables of a results folder, which are Parquet, as CSV.
func (c *exportCommand) Run(s streams) error {
	run, err := readResults(c.Dir)
	if err != nil {
		return err
	}
	out := c.Out
	if out == "" {
		out = filepath.Join(c.Dir, "csv")
	}
	paths, err := result.Export(out, run)
	for _, p := range paths {
		fmt.Fprintln(s.out, p)
	}
	return err
}

type reportCommand struct {
	Dir    string `arg:"" help:"Results folder of a run or of a sweep."`
	Out    string `short:"o" help:"File to write; default: report.html in the folder."`
	Rounds string `help:"Rounds of the DAG to draw, as 10-33; default: the first ones that were kept." placeholder:"FROM-TO"`
}

// Run makes the HTML report of a results folder, or makes it anew.
func (c *reportCommand) Run(s streams) error {
	if isSweep(c.Dir) {
		return c.sweep(s)
	}
	rounds, err := parseRounds(c.Rounds)
	if err != nil {
		return err
	}
	run, err := readResults(c.Dir)
	if err != nil {
		return err
	}
	out := c.Out
	if out == "" {
		out = filepath.Join(c.Dir, result.ReportFile)
	}
	if c.Rounds != "" {
		if err := kept(run.BlocksOf(0), rounds); err != nil {
			return err
		}
	}
	return write(s, out, func(w io.Writer) error { return report.Write(w, run, report.Options{Rounds: rounds}) })
}

// write writes a file as a whole and says where it is.
func write(s streams, path string, content func(io.Writer) error) error {
	if err := result.Replace(path, content); err != nil {
		return err
	}
	fmt.Fprintln(s.out, path)
	return nil
}

// kept reports whether any block of some rounds is there to be drawn.
func kept(blocks []result.Block, rounds picture.Rounds) error {
	if len(blocks) == 0 {
		return &hinted{errors.New("no blocks were kept"), "run the scenario again with --set 'outputs.dag=[{until: 10s}]'"}
	}
	least, most := blocks[0].Round, blocks[0].Round
	for i := range blocks {
		least, most = min(least, blocks[i].Round), max(most, blocks[i].Round)
	}
	if rounds != (picture.Rounds{}) && (rounds.To < least || rounds.From > most) {
		return &hinted{fmt.Errorf("no blocks of the rounds %d to %d were kept", rounds.From, rounds.To), fmt.Sprintf("there are the rounds %d to %d", least, most)}
	}
	return nil
}

// logged reports whether any event of a span is there to be drawn.
func logged(run *result.Run, span picture.Span) error {
	if len(run.Events) == 0 {
		return &hinted{errors.New("there is no event log"), "run the scenario again with --set 'outputs.events=[{until: 10s}]'"}
	}
	for i := range run.Events {
		e := &run.Events[i]
		if e.At >= span.From && e.At <= span.To && (len(span.Nodes) == 0 || slices.Contains(span.Nodes, e.Node)) {
			return nil
		}
	}
	first, last := run.Events[0].At, run.Events[0].At
	nodes := []result.Node{}
	for i := range run.Events {
		first, last = min(first, run.Events[i].At), max(last, run.Events[i].At)
		if !slices.Contains(nodes, run.Events[i].Node) {
			nodes = append(nodes, run.Events[i].Node)
		}
	}
	slices.Sort(nodes)
	return &hinted{
		errors.New("the event log has nothing of these nodes at that time"),
		fmt.Sprintf("it has %s, the first of them %v, from %v to %v", plural(len(nodes), "node"), nodes[0], first, last),
	}
}

func (c *reportCommand) sweep(s streams) error {
	if c.Rounds != "" {
		return &hinted{errors.New("a sweep has no rounds of its own"), "--rounds with the folder of one of its runs"}
	}
	folder, err := sweep.OpenAny(c.Dir)
	if err != nil {
		return err
	}
	out, err := reportSweep(folder, c.Out)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, out)
	return nil
}

// parseRounds reads "10-33"; "" is the zero value.
func parseRounds(text string) (r picture.Rounds, err error) {
	if text == "" {
		return r, nil
	}
	from, to, _ := strings.Cut(text, "-")
	var toErr error
	r.From, err = strconv.ParseUint(from, 10, 64)
	r.To, toErr = strconv.ParseUint(to, 10, 64)
	if err != nil || toErr != nil || r.To < r.From {
		return r, &hinted{fmt.Errorf("%q are no rounds", text), "--rounds 10-33"}
	}
	return r, nil
}

type plotCommand struct {
	Dirs []string `arg:"" name:"dir" help:"Results folders; several are drawn into one figure. Or the folder of one sweep."`
	What string   `required:"" enum:"latency-cdf,latency-time,throughput,bytes,propagation,latency-over,throughput-over,bytes-over" help:"Of runs latency-cdf, latency-time, throughput, bytes or propagation; of a sweep latency-over, throughput-over or bytes-over."`
	Over string   `placeholder:"KEY" help:"Of a sweep: what to draw over, such as network.within.loss; default: the first axis of numbers."`
	Out  string   `short:"o" required:"" help:"File to write, ending in .svg or .pdf."`
}

// Run draws a figure of one run or of several, or of a sweep.
func (c *plotCommand) Run(s streams) error {
	format, err := plot.Format(c.Out)
	if err != nil {
		return &hinted{err, "floorsim plot " + c.Dirs[0] + " --what " + c.What + " -o " + c.What + ".svg"}
	}
	draw := c.runs
	if strings.HasSuffix(c.What, "-over") {
		draw = c.sweep
	} else if c.Over != "" {
		return &hinted{errors.New("--over is for figures of a sweep"), "--what latency-over, throughput-over or bytes-over"}
	}
	return draw(s, format)
}

// runs draws runs.
func (c *plotCommand) runs(s streams, format string) error {
	var runs []plot.Named
	for _, dir := range c.Dirs {
		run, err := readResults(dir)
		if err != nil {
			return err
		}
		named := plot.Named{Run: run}
		if len(c.Dirs) > 1 {
			named.Name = filepath.Base(filepath.Clean(dir))
		}
		runs = append(runs, named)
	}
	return write(s, c.Out, func(w io.Writer) error { return plot.Write(w, c.What, format, runs) })
}

// sweep draws a sweep.
func (c *plotCommand) sweep(s streams, format string) error {
	if len(c.Dirs) > 1 || !isSweep(c.Dirs[0]) {
		return &hinted{fmt.Errorf("--what %s is of one sweep, and %s is none", c.What, strings.Join(c.Dirs, " ")), "name the folder that floorsim sweep run wrote"}
	}
	study, err := readStudy(c.Dirs[0])
	if err != nil {
		return err
	}
	err = write(s, c.Out, func(w io.Writer) error { return plot.WriteOver(w, c.What, c.Over, format, study) })
	if errors.Is(err, result.ErrNoAxis) {
		var keys []string
		for i := range study.Axes {
			keys = append(keys, study.Axes[i].Key)
		}
		return &hinted{err, "--over " + strings.Join(keys, " or ")}
	}
	return err
}

type pictureCommand struct {
	Dir    string        `arg:"" help:"Results folder."`
	What   string        `required:"" enum:"space-time,dag" help:"space-time, of the event log, or dag, of the blocks that were kept."`
	Out    string        `short:"o" required:"" help:"SVG file to write."`
	Nodes  []uint32      `help:"Nodes of a space-time diagram; default: all in the event log."`
	From   time.Duration `help:"Begin of a space-time diagram, in virtual time."`
	To     time.Duration `help:"End of a space-time diagram; default: that of the event log."`
	Rounds string        `help:"Rounds of a dag, as 10-33." placeholder:"FROM-TO"`
	Window int           `help:"Which window of the dag, counting from 1." default:"1"`
}

// Run draws a run event by event, or its blocks.
func (c *pictureCommand) Run(s streams) error {
	if filepath.Ext(c.Out) != ".svg" {
		return &hinted{fmt.Errorf("%s: pictures are SVG, so the name must end in .svg", c.Out), "-o " + c.What + ".svg"}
	}
	rounds, err := parseRounds(c.Rounds)
	if err != nil {
		return err
	}
	run, err := readResults(c.Dir)
	if err != nil {
		return err
	}
	if c.What == "dag" {
		if c.Window < 1 || c.Window > max(1, len(run.Summary.Windows)) {
			return &hinted{fmt.Errorf("there is no window %d of the dag", c.Window), fmt.Sprintf("--window 1 to %d", max(1, len(run.Summary.Windows)))}
		}
		window := uint32(c.Window - 1)
		if err := kept(run.BlocksOf(window), rounds); err != nil {
			return err
		}
		return write(s, c.Out, func(w io.Writer) error { return picture.DAG(w, run, window, rounds) })
	}
	span := picture.Span{From: result.Instant(c.From), To: result.Instant(c.To)}
	if c.To == 0 {
		span.To = run.Asked.End()
	}
	for _, n := range c.Nodes {
		span.Nodes = append(span.Nodes, result.Node(n))
	}
	if err := logged(run, span); err != nil {
		return err
	}
	return write(s, c.Out, func(w io.Writer) error { return picture.SpaceTime(w, run, span) })
}

type diffCommand struct {
	A         string `arg:"" help:"Results folder."`
	B         string `arg:"" help:"Results folder."`
	Quantiles bool   `help:"Compare quantiles alone: for runs of different scenarios or seeds."`
}

// Run tells where two runs part. Exit code 1 if they do.
func (c *diffCommand) Run(s streams) error {
	a, err := readResults(c.A)
	if err != nil {
		return err
	}
	b, err := readResults(c.B)
	if err != nil {
		return err
	}
	if c.Quantiles {
		return c.quantiles(s, result.CompareQuantiles(a, b))
	}
	if err := result.Comparable(a, b); err != nil {
		return err
	}
	if a.Summary.Build != b.Summary.Build {
		fmt.Fprintf(s.talk, "floorsim: note: the builds differ, %q and %q\n", a.Summary.Build, b.Summary.Build)
	}
	d := result.Compare(a, b)
	if d.Equal {
		fmt.Fprintf(s.out, "equal: %d events, fingerprint %s\n", a.Summary.Events, a.Summary.Fingerprint)
		return nil
	}
	c.difference(s, d, a.Summary.Kinds)
	fmt.Fprintln(s.out)
	if err := c.quantiles(s, d.Quantiles); err != nil && !errors.Is(err, errFailed) {
		return err
	}
	return errFailed
}

func (c *diffCommand) difference(s streams, d *result.Difference, kinds []string) {
	w := d.Windows[0]
	fmt.Fprintf(s.out, "the runs part between %v and %v; partition %d: equal up to event %d, different by event %d\n", d.From, d.To, w.Partition, w.From, w.To)
	if more := len(d.Windows) - 1; more > 0 {
		fmt.Fprintf(s.out, "%d more partitions differ later on or as early\n", more)
	}
	if d.First == nil {
		fmt.Fprintf(s.out, "the event logs do not reach there: run both again and ask for the events of all nodes from %v to %v\n", d.From, d.To)
		return
	}
	for _, e := range d.Before {
		fmt.Fprintf(s.out, "  both  %s\n", eventLine(&e, kinds))
	}
	fmt.Fprintf(s.out, "  A     %s\n  B     %s\n", eventLine(d.First.A, kinds), eventLine(d.First.B, kinds))
	if !d.Certain {
		fmt.Fprintln(s.out, "the logs have gaps before it, so an earlier event may differ: ask for the events of all nodes")
	}
}

func eventLine(e *result.Logged, kinds []string) string {
	if e == nil {
		return "nothing there"
	}
	line := fmt.Sprintf("#%d %v %v %v", e.Index, e.At, e.Node, e.Act)
	if e.Peer != result.NoNode && int(e.Kind) < len(kinds) {
		line += fmt.Sprintf(" %s %d, %v", kinds[e.Kind], e.Message, e.Peer)
	}
	line += fmt.Sprintf(" [%d]", e.Detail)
	if e.Label != "" {
		line += " " + e.Label
	}
	return line
}

// quantiles prints the distributions that differ; exit code 1 if any does.
func (c *diffCommand) quantiles(s streams, pairs []result.QuantilePair) error {
	if len(pairs) == 0 {
		fmt.Fprintln(s.out, "all quantiles are equal")
		return nil
	}
	t := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "distribution\trun\tcount\t5 %\t50 %\t95 %\t99 %\tmost")
	for _, p := range pairs {
		for _, side := range []struct {
			run string
			q   result.Quantiles
		}{{"A", p.A}, {"B", p.B}} {
			name := p.A.Name
			if name == "" {
				name = p.B.Name
			}
			q := side.q
			if q.Count == 0 {
				fmt.Fprintf(t, "%s\t%s\tnot measured\n", name, side.run)
				continue
			}
			fmt.Fprintf(t, "%s\t%s\t%d\t%v\t%v\t%v\t%v\t%v\n", name, side.run, q.Count, time.Duration(q.P5), time.Duration(q.P50), time.Duration(q.P95), time.Duration(q.P99), time.Duration(q.Max))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return errFailed
}
