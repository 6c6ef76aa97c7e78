package picture

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/internal/svg"
)

// Span chooses what of an event log is drawn. The zero value chooses all.
type Span struct {
	Nodes    []result.Node // none: all that occur
	From, To result.Instant
}

// SpaceTime writes the event log of a run as an SVG file.
func SpaceTime(w io.Writer, run *result.Run, span Span) error {
	return DrawSpaceTime(run, span).WriteAlone(w)
}

// Sizes of a space-time diagram.
const (
	columnWidth = 1300
	spaceLeft   = 1250
	spaceTop    = 700
	leastGap    = 150 // between two instants, however close
	mostGap     = 520 // however far apart
)

// spaceTime is a space-time diagram under way. Time runs down; it is stretched where
// much happens, so that rows do not overlap, and each row says its instant.
type spaceTime struct {
	*svg.Drawing
	run    *result.Run
	nodes  []result.Node
	events []result.Logged
	cut    int // events that did not fit
	times  []result.Instant
	rows   []svg.Length
}

// DrawSpaceTime draws nodes as columns, and time downwards.
func DrawSpaceTime(run *result.Run, span Span) *svg.Drawing {
	s := &spaceTime{run: run}
	s.choose(span)
	s.stretch()
	bottom := svg.Length(spaceTop)
	if n := len(s.rows); n > 0 {
		bottom = s.rows[n-1]
	}
	width := spaceLeft + columnWidth*svg.Length(max(3, len(s.nodes))) + 300
	about := fmt.Sprintf("%d events of %d nodes: messages as arrows from sender to receiver, time runs down", len(s.events), len(s.nodes))
	s.Drawing = svg.New(width, bottom+600, "Who told whom, and when", about)
	s.faults(bottom)
	s.lanes(bottom)
	s.messages()
	s.marks()
	if s.cut > 0 {
		s.Text("small", 100, bottom+450, fmt.Sprintf("%d later events are not shown", s.cut))
	}
	return s.Drawing
}

func (s *spaceTime) choose(span Span) {
	wanted := func(n result.Node) bool { return len(span.Nodes) == 0 || slices.Contains(span.Nodes, n) }
	for _, e := range s.run.Events {
		if !wanted(e.Node) || span.To > 0 && (e.At < span.From || e.At > span.To) {
			continue
		}
		if !slices.Contains(s.nodes, e.Node) && len(s.nodes) < maxColumns {
			s.nodes = append(s.nodes, e.Node)
		}
		if len(s.events) == maxMoments || !slices.Contains(s.nodes, e.Node) {
			s.cut++
			continue
		}
		s.events = append(s.events, e)
	}
	slices.Sort(s.nodes)
}

// stretch gives every instant a row.
func (s *spaceTime) stretch() {
	for _, e := range s.events {
		if n := len(s.times); n == 0 || s.times[n-1] != e.At {
			s.times = append(s.times, e.At)
		}
	}
	if len(s.times) == 0 {
		return
	}
	mean := max(1, (s.times[len(s.times)-1]-s.times[0])/result.Instant(len(s.times)))
	y := svg.Length(spaceTop)
	for i, t := range s.times {
		if i > 0 {
			y += min(mostGap, max(leastGap, svg.Length(int64(t-s.times[i-1])*200/int64(mean))))
		}
		s.rows = append(s.rows, y)
	}
}

// y returns the height of any instant, between rows too.
func (s *spaceTime) y(t result.Instant) svg.Length {
	i, found := slices.BinarySearch(s.times, t)
	switch {
	case found:
		return s.rows[i]
	case i == 0:
		return spaceTop - 100
	case i == len(s.times):
		return s.rows[i-1] + 150
	}
	return svg.Scale{Low: int64(s.times[i-1]), High: int64(s.times[i]), From: s.rows[i-1], To: s.rows[i]}.At(int64(t))
}

func (s *spaceTime) x(n result.Node) svg.Length {
	i, _ := slices.BinarySearch(s.nodes, n)
	return spaceLeft + columnWidth*svg.Length(i) + columnWidth/2
}

func (s *spaceTime) shown(n result.Node) bool {
	_, found := slices.BinarySearch(s.nodes, n)
	return found
}

// faults shades who is hit, as long as it is.
func (s *spaceTime) faults(bottom svg.Length) {
	if len(s.times) == 0 {
		return
	}
	first, last := s.times[0], s.times[len(s.times)-1]
	for _, f := range s.run.Summary.Faults {
		if f.To < first || f.From > last {
			continue
		}
		from, to := s.y(max(f.From, first)), min(s.y(min(f.To, last)), bottom+100)
		words := f.Kind + ": " + f.Label
		if len(f.Nodes) == 0 {
			s.Rect("badband", spaceLeft, from, columnWidth*svg.Length(len(s.nodes)), max(20, to-from), words)
			s.Text("small halo", spaceLeft+40, from+120, words)
		}
		for _, n := range f.Nodes {
			if s.shown(n) {
				s.Rect("badband", s.x(n)-columnWidth/2+40, from, columnWidth-80, max(20, to-from), words)
				s.Text("small halo", s.x(n)-columnWidth/2+80, from+120, words)
			}
		}
	}
}

func (s *spaceTime) lanes(bottom svg.Length) {
	s.legend()
	for _, n := range s.nodes {
		s.Text("h m", s.x(n), spaceTop-260, n.String())
		s.Line("axis", s.x(n), spaceTop-180, s.x(n), bottom+200)
	}
	s.Text("small e", spaceLeft-200, spaceTop-260, "virtual time, ms")
	for i, t := range s.times {
		s.Line("grid", spaceLeft-160, s.rows[i], spaceLeft+columnWidth*svg.Length(len(s.nodes)), s.rows[i])
		s.Text("small e", spaceLeft-200, s.rows[i]+35, fmt.Sprintf("%d.%03d", int64(t)/1e6, int64(t)/1e3%1e3))
	}
}

// legend names the kinds of messages that occur.
func (s *spaceTime) legend() {
	var kinds []result.Kind
	for _, e := range s.events {
		if e.Peer != result.NoNode && !slices.Contains(kinds, e.Kind) {
			kinds = append(kinds, e.Kind)
		}
	}
	slices.Sort(kinds)
	x := svg.Length(spaceLeft)
	for _, k := range kinds {
		name := s.run.Summary.Kinds[k]
		s.Arrow(svg.Series(int(k)), "", svg.Point{X: x, Y: 180}, svg.Point{X: x + 260, Y: 180})
		s.Text("t", x+310, 220, name)
		x += 560 + svg.Length(len(name))*65
	}
	s.Text("small", x, 220, "dashed: the other end is not shown    ×: lost")
}

// a flight is one message from one node to another.
type flight struct {
	message  result.Message
	from, to result.Node
}

func flightOf(e *result.Logged) flight {
	if e.Act == result.Sent {
		return flight{e.Message, e.Node, e.Peer}
	}
	return flight{e.Message, e.Peer, e.Node}
}

// messages joins what was sent with what arrived.
func (s *spaceTime) messages() {
	sent := map[flight]result.Logged{}
	for _, e := range s.events {
		switch e.Act { //nolint:exhaustive // only messages fly
		case result.Sent:
			sent[flightOf(&e)] = e
		case result.Received, result.Lost:
			from, known := sent[flightOf(&e)]
			delete(sent, flightOf(&e))
			s.arrival(&e, &from, known)
		}
	}
	open := make([]result.Logged, 0, len(sent))
	for _, e := range sent {
		open = append(open, e)
	}
	slices.SortFunc(open, func(a, b result.Logged) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Index, b.Index))
	})
	for _, e := range open {
		from := svg.Point{X: s.x(e.Node), Y: s.y(e.At)}
		s.Arrow(svg.Series(int(e.Kind)), " dash", from, svg.Point{X: from.X + s.towards(e.Node, e.Peer)*300, Y: from.Y + 60})
	}
}

// towards returns 1 if a peer is to the right of a node, else -1.
func (s *spaceTime) towards(n, peer result.Node) svg.Length {
	if peer > n {
		return 1
	}
	return -1
}

func (s *spaceTime) arrival(e, from *result.Logged, known bool) {
	class := svg.Series(int(e.Kind))
	to := svg.Point{X: s.x(e.Node), Y: s.y(e.At)}
	start := svg.Point{X: to.X + s.towards(e.Node, e.Peer)*300, Y: to.Y - 60}
	more := " dash"
	if known {
		start, more = svg.Point{X: s.x(from.Node), Y: s.y(from.At)}, ""
	}
	if e.Act == result.Received {
		s.Arrow(class, more, start, to)
		return
	}
	at := svg.Point{X: start.X + (to.X-start.X)*3/4, Y: start.Y + (to.Y-start.Y)*3/4}
	s.Line("thin "+class+more, start.X, start.Y, at.X, at.Y)
	s.cross(at)
}

func (s *spaceTime) cross(at svg.Point) {
	const arm = 45
	s.Line("thin bad", at.X-arm, at.Y-arm, at.X+arm, at.Y+arm)
	s.Line("thin bad", at.X-arm, at.Y+arm, at.X+arm, at.Y-arm)
}

// marks draws what nodes did by themselves, with words beside it.
func (s *spaceTime) marks() {
	for _, e := range s.events {
		at := svg.Point{X: s.x(e.Node), Y: s.y(e.At)}
		words := e.Label
		if words == "" {
			words = fmt.Sprintf("%v %d", e.Act, e.Detail)
		}
		tip := fmt.Sprintf("%v at %v: %s", e.Node, e.At, words)
		switch e.Act {
		case result.Sent, result.Received, result.Lost:
			if e.Label != "" {
				s.Text("small halo", at.X+80, at.Y+35, e.Label)
			}
			continue
		case result.Committed:
			s.Path("good", []svg.Point{{X: at.X, Y: at.Y - 65}, {X: at.X + 65, Y: at.Y}, {X: at.X, Y: at.Y + 65}, {X: at.X - 65, Y: at.Y}}, true)
		case result.Crashed:
			s.cross(at)
		case result.Made:
			s.Rect("fill s0", at.X-50, at.Y-50, 100, 100, tip)
		default:
			s.Dot("ring", at.X, at.Y, 40, tip)
		}
		s.Text("small halo", at.X+90, at.Y+35, words)
	}
}
