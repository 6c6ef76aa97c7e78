package api

import (
	"strconv"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/node"
)

// eventEncoder writes events. Those of one commit follow each other and end
// alike, so the end is made once. Use one per stream.
type eventEncoder struct {
	ids idEncoding

	commit dag.CommitIndex
	final  time.Time
	ending []byte // of events with this commit and time; nil before the first
}

// append appends an event in the form of the HTML standard, section 9.2.5.
func (c *eventEncoder) append(b []byte, e *node.Event) []byte {
	b = append(b, "id: "...)
	b = strconv.AppendUint(b, uint64(e.Leaf), 10)
	if e.Record.IsZero() {
		b = append(b, "\nevent: commit"...)
	}
	b = append(b, "\ndata: {"...)
	if !e.Record.IsZero() {
		b = append(b, `"id":"`...)
		b = c.ids.append(b, e.Record)
		b = append(b, `","status":"`...)
		b = append(b, node.StatusFinal...)
		b = append(b, `","device":`...)
		b = appendJSONString(b, e.Device)
		b = append(b, ',')
	}
	b = append(b, `"leaf":`...)
	b = strconv.AppendUint(b, uint64(e.Leaf), 10)
	return append(b, c.endingOf(e)...)
}

func (c *eventEncoder) endingOf(e *node.Event) []byte {
	if c.ending == nil || e.Commit != c.commit || !e.Final.Equal(c.final) {
		b := append(c.ending[:0], `,"commit":`...)
		b = strconv.AppendUint(b, uint64(e.Commit), 10)
		b = append(b, `,"final":"`...)
		b = e.Final.UTC().AppendFormat(b, time.RFC3339Nano)
		c.commit, c.final, c.ending = e.Commit, e.Final, append(b, "\"}\n\n"...)
	}
	return c.ending
}

func appendProblemEvent(b []byte, p *problem) []byte {
	slug, title, status := p.kind.describe()
	b = append(b, "event: problem\ndata: {\"type\":"...)
	b = appendJSONString(b, typeURI(slug))
	b = append(b, `,"title":`...)
	b = appendJSONString(b, title)
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, `,"detail":`...)
	b = appendJSONString(b, p.detail)
	return append(b, "}\n\n"...)
}
