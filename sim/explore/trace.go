package explore

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/result"
)

// Tail keeps the end of what is written to it. The zero value is empty.
type Tail struct{ text []byte }

// Write implements io.Writer.
func (t *Tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if len(t.text) > 2*maxTrace {
		t.text = append(t.text[:0], t.text[len(t.text)-maxTrace:]...)
	}
	return len(p), nil
}

// Moments turns the end of a run's trace into a bare run, for sim/result/picture: messages,
// commits, crashes, complaints, and what was violated.
func Moments(plan *sim.Plan, r *sim.Result, t *Tail) *result.Run {
	m := &moments{nodes: plan.Nodes, run: &result.Run{}}
	for line := range bytes.Lines(t.text) {
		m.line(string(line))
	}
	for _, v := range r.Violations {
		m.add(result.Event{
			At: result.Instant(v.At), Node: result.Node(max(0, v.Node)), Peer: result.NoNode, Label: v.Property + " violated",
		})
	}
	if extra := len(m.run.Events) - maxMoments; extra > 0 {
		m.run.Events = m.run.Events[extra:]
	}
	for _, f := range plan.Faults {
		m.run.Summary.Faults = append(m.run.Summary.Faults, result.Fault{
			Kind: f.Kind, From: result.Instant(f.From), To: result.Instant(f.To), Nodes: nodesOf(f.Nodes),
		})
	}
	m.run.Summary.Seed, m.run.Summary.Nodes = plan.Seed, plan.Nodes
	return m.run
}

func nodesOf(list []int) (nodes []result.Node) {
	for _, n := range list {
		nodes = append(nodes, result.Node(n))
	}
	return nodes
}

// moments reads a trace.
type moments struct {
	nodes int
	run   *result.Run
	sent  []sending
}

// sending is a message that somebody sent; to < 0: to everyone.
type sending struct {
	from, to int
	text     string
	number   result.Message
}

// maxSendings is how far back the sending of what arrives is looked for.
const maxSendings = 2000

// lineForm is a line of a trace; see trace.linef in sim.
var lineForm = regexp.MustCompile(`^ *(\S+)  n(\d+) +(.*)\n$`)

// saidForm is what a line says of a message.
var saidForm = regexp.MustCompile(`^(->|<-) n(-?\d+) (.*)$`)

func (m *moments) line(line string) {
	parts := lineForm.FindStringSubmatch(line)
	if parts == nil {
		return // the world's, or half a line
	}
	at, err := time.ParseDuration(parts[1])
	node, nodeErr := strconv.Atoi(parts[2])
	if err != nil || nodeErr != nil || node >= m.nodes {
		return
	}
	if said := saidForm.FindStringSubmatch(parts[3]); said != nil {
		peer, err := strconv.Atoi(said[2])
		if err == nil && peer < m.nodes {
			m.message(result.Instant(at), node, peer, said[1] == "->", said[3])
		}
		return
	}
	m.deed(result.Instant(at), node, parts[3])
}

func (m *moments) message(at result.Instant, node, peer int, leaves bool, text string) {
	kind := m.kind(text)
	if !leaves {
		m.add(result.Event{At: at, Node: result.Node(node), Peer: result.Node(peer), Act: result.Received, Kind: kind, Message: m.number(peer, node, text)})
		return
	}
	number := result.Message(len(m.run.Events) + 1)
	m.sent = append(m.sent, sending{node, peer, text, number})
	if extra := len(m.sent) - maxSendings; extra > 0 {
		m.sent = m.sent[extra:]
	}
	label := place.FindString(text)
	for to := range m.nodes {
		if to != node && (peer < 0 || peer == to) {
			m.add(result.Event{At: at, Node: result.Node(node), Peer: result.Node(to), Act: result.Sent, Kind: kind, Message: number, Label: label})
			label = ""
		}
	}
}

// place is where a block stands in the DAG.
var place = regexp.MustCompile(`r\d+/a\d+`)

// number returns the number of the last message of that text from one node to another.
func (m *moments) number(from, to int, text string) result.Message {
	for _, s := range slices.Backward(m.sent) {
		if s.from == from && (s.to == to || s.to < 0) && s.text == text {
			return s.number
		}
	}
	return 0
}

// kind returns the number of a message's kind, its first word.
func (m *moments) kind(text string) result.Kind {
	word, _, _ := strings.Cut(text, " ")
	i := slices.Index(m.run.Summary.Kinds, word)
	if i < 0 {
		i = len(m.run.Summary.Kinds)
		m.run.Summary.Kinds = append(m.run.Summary.Kinds, word)
	}
	return result.Kind(i)
}

// deed adds what a node did by itself, if it is worth a mark.
func (m *moments) deed(at result.Instant, node int, text string) {
	e := result.Event{At: at, Node: result.Node(node), Peer: result.NoNode, Label: text}
	switch word, rest, _ := strings.Cut(text, " "); word {
	case "final:":
		e.Act, e.Label = result.Committed, rest
	case "loses":
		e.Act = result.Crashed
	case "starts,":
		e.Act = result.Restarted
	case "alarm:", "blames", "certified:", "refuses":
	default:
		return // connections come and go too often to be shown
	}
	m.add(e)
}

func (m *moments) add(e result.Event) {
	m.run.Events = append(m.run.Events, result.Logged{Index: uint64(len(m.run.Events)), Event: e})
}
