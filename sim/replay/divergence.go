package replay

import (
	"fmt"
	"slices"
	"strings"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/consensus/replica/recording"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

// Divergence is the first Step that came out in another way.
type Divergence struct {
	Step     *recording.Step
	Got      recording.Digest
	Kinds    []string // of the outputs that came out
	Outputs  []string // each in a line
	Wake     replica.Instant
	Unsigned int // signatures that were asked for and had not been made
	Unasked  int // signatures that had been made and were not asked for
}

func newDivergence(s *recording.Step, got recording.Digest, out []replica.Output, wake replica.Instant, p *pen) *Divergence {
	d := &Divergence{Step: s, Got: got, Wake: wake, Unsigned: p.amiss, Unasked: len(p.left)}
	for _, o := range out {
		d.Kinds = append(d.Kinds, recording.KindOf(o).String())
		d.Outputs = append(d.Outputs, Describe(o))
	}
	return d
}

// String describes the Step: what went in, what came out then and now.
func (d *Divergence) String() string {
	var b strings.Builder
	s := d.Step
	fmt.Fprintf(&b, "step %d comes out another way\n", s.Number)
	fmt.Fprintf(&b, "  at        %s of the gateway's clock, %s\n", instant(s.Now), wall(s.Wall))
	fmt.Fprintf(&b, "  input     %s\n", DescribeInput(s.Input))
	fmt.Fprintf(&b, "  recorded  digest %s, %s, signed %d\n", s.Digest, runs(s.Kinds), len(s.Signatures))
	fmt.Fprintf(&b, "  replayed  digest %s, %s, wake %s\n", d.Got, runs(d.Kinds), instant(d.Wake))
	if d.Unsigned > 0 || d.Unasked > 0 {
		fmt.Fprintf(&b, "  signing   %d signatures that the gateway did not make, %d that it made and are not made here\n", d.Unsigned, d.Unasked)
	}
	for i, line := range d.Outputs {
		if i == maxDescribed {
			fmt.Fprintf(&b, "    and %d more\n", len(d.Outputs)-i)
			break
		}
		fmt.Fprintf(&b, "    %s\n", line)
	}
	return b.String()
}

// maxDescribed bounds the outputs and items that a text lists.
const maxDescribed = 40

// runs lists kinds, those that follow each other joined: "persist, 3 stored".
func runs[T comparable](kinds []T) string {
	if len(kinds) == 0 {
		return "no outputs"
	}
	var parts []string
	for len(kinds) > 0 {
		n := slices.IndexFunc(kinds, func(k T) bool { return k != kinds[0] })
		if n < 0 {
			n = len(kinds)
		}
		if n == 1 {
			parts = append(parts, fmt.Sprint(kinds[0]))
		} else {
			parts = append(parts, fmt.Sprintf("%d %v", n, kinds[0]))
		}
		kinds = kinds[n:]
	}
	return strings.Join(parts, ", ")
}

// DescribeInput says in one line what an input is.
func DescribeInput(in replica.Input) string {
	switch in := in.(type) {
	case replica.Submitted:
		return "submitted " + joined(in.Records, func(s replica.Submission) string {
			return fmt.Sprintf("ticket %d, record %s", s.Ticket, s.Record.Value().ID())
		})
	case replica.Received:
		return fmt.Sprintf("received from %s: %s", short(in.From), describeMessage(in.Message.Value()))
	case replica.Connected:
		return "connected " + short(in.Peer)
	case replica.Disconnected:
		return "disconnected " + short(in.Peer)
	case replica.Loaded:
		return "loaded " + joined(in.Batches, describeBatch)
	case replica.Persisted:
		return fmt.Sprintf("persisted %d", in.Seq)
	case replica.Tick:
		return "tick"
	}
	return fmt.Sprintf("%T", in)
}

// Describe says in one line what an output is.
func Describe(o replica.Output) string {
	kind := recording.KindOf(o).String()
	switch o := o.(type) {
	case replica.Persist:
		return fmt.Sprintf("%s %d, signed %t: %s", kind, o.Seq, o.Signed, describeWrite(o.Write))
	case replica.Send:
		return fmt.Sprintf("%s to %s: %s", kind, short(o.To), describeMessage(o.Message))
	case replica.Broadcast:
		return kind + " " + describeMessage(o.Message)
	case replica.Gossip:
		return kind + " " + describeMessage(o.Message)
	case replica.Serve:
		return fmt.Sprintf("%s %s: %s", kind, short(o.To), describeMessage(o.Request))
	case replica.Load:
		return kind + " " + joined(o.IDs, dag.BatchID.String)
	case replica.Stored:
		return fmt.Sprintf("%s ticket %d, record %s", kind, o.Ticket, o.Record)
	case replica.Known:
		return fmt.Sprintf("%s ticket %d, first %s, leaf %d", kind, o.Ticket, o.First, o.Leaf)
	case replica.Turned:
		return fmt.Sprintf("%s ticket %d: %v", kind, o.Ticket, o.Reason)
	case replica.Replicated:
		return fmt.Sprintf("%s lane %s to %d", kind, o.Lane, o.Seq)
	case replica.Final:
		return kind + " " + describeExecuted(o.Executed)
	case replica.Certified:
		return fmt.Sprintf("%s commit %d", kind, o.Checkpoint.Commit)
	case replica.Alarm:
		return fmt.Sprintf("%s %s: %s", kind, o.Kind, o.Detail)
	case replica.Curbed:
		return kind + " " + short(o.Peer)
	case replica.Blame:
		return fmt.Sprintf("%s %s: %v", kind, short(o.Peer), o.Reason)
	}
	return kind
}

func describeWrite(w *store.Write) string {
	var parts []string
	add := func(n int, text string) {
		if n > 0 {
			parts = append(parts, text)
		}
	}
	add(len(w.Batches), "batches "+joined(w.Batches, describeBatch))
	add(len(w.Blocks), "blocks "+joined(w.Blocks, describeBlock))
	add(len(w.Executed), "executed "+joined(w.Executed, describeExecuted))
	add(len(w.Certified), fmt.Sprintf("%d certified", len(w.Certified)))
	add(len(w.State), fmt.Sprintf("state of %d bytes", len(w.State)))
	add(int(w.Cosigned), fmt.Sprintf("cosigned %d", w.Cosigned))
	add(int(w.Floor), fmt.Sprintf("floor %d", w.Floor))
	add(int(w.OwnLanes), fmt.Sprintf("own lanes from %d", w.OwnLanes))
	add(len(w.Retired), "retired: "+w.Retired)
	add(len(w.Diverged), "diverged: "+w.Diverged)
	return strings.Join(parts, "; ")
}

func describeMessage(m message.Message) string {
	switch m := m.(type) {
	case *message.Blocks:
		return "blocks " + joined(m.Blocks, describeBlock)
	case *message.Batches:
		return "batches " + joined(m.Batches, describeBatch)
	case *message.Commits:
		return fmt.Sprintf("%d commits up to %d", len(m.Commits), m.Certified.Commit)
	default:
		return message.Name(m)
	}
}

func describeBlock(b *dag.Block) string {
	return fmt.Sprintf("round %d by %d %s", b.Round, b.Author, b.ID())
}

func describeBatch(b *dag.Batch) string {
	return fmt.Sprintf("lane %s seq %d with %d records %s", b.Lane, b.Seq, len(b.Items), b.ID())
}

func describeExecuted(e *store.Executed) string {
	return fmt.Sprintf("commit %d with %d records, log %d, root %s", e.Commit.Index, len(e.Records), e.Size, e.Root)
}

// joined lists items in brackets, the first ones of many.
func joined[T any](items []T, describe func(T) string) string {
	parts := make([]string, 0, min(len(items), maxDescribed))
	for _, item := range items[:min(len(items), maxDescribed)] {
		parts = append(parts, describe(item))
	}
	if more := len(items) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	return "[" + strings.Join(parts, "; ") + "]"
}

func short(key dag.PublicKey) string { return key.String()[:8] }
