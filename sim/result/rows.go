package result

import (
	"fmt"
	"slices"
	"time"
)

// Rows of tables that are shaped otherwise in memory.
type (
	bucketRow struct {
		Name  string `parquet:"name,dict"`
		Exact bool   `parquet:"exact"`
		Low   int64  `parquet:"low_ns"`
		High  int64  `parquet:"high_ns"`
		Count uint64 `parquet:"count"`
	}
	nodeRow struct {
		Node             Node   `parquet:"node"`
		Role             string `parquet:"role,dict"`
		Site             uint32 `parquet:"site"`
		MessagesSent     uint64 `parquet:"messages_sent"`
		MessagesReceived uint64 `parquet:"messages_received"`
		BytesSent        uint64 `parquet:"bytes_sent"`
		BytesReceived    uint64 `parquet:"bytes_received"`
		Signed           uint64 `parquet:"signatures_made"`
		Verified         uint64 `parquet:"signatures_checked"`
		Processor        int64  `parquet:"processor_ns"`
		Syncs            uint64 `parquet:"disk_syncs"`
		BytesSynced      uint64 `parquet:"bytes_synced"`
	}
	eventRow struct {
		At        Instant `parquet:"at_ns"`
		Partition uint32  `parquet:"partition"`
		Index     uint64  `parquet:"index"`
		Node      Node    `parquet:"node"`
		Peer      Node    `parquet:"peer"`
		Act       string  `parquet:"act,dict"`
		Kind      string  `parquet:"kind,dict"` // empty of an event without a message
		Message   uint64  `parquet:"message"`
		Detail    uint64  `parquet:"detail"`
		Label     string  `parquet:"label"`
	}
)

// eventsFile is there only when an event log was asked for.
const eventsFile = "events.parquet"

// tables returns the tables of a folder.
func tables() []table {
	events := tableOf(eventsFile, eventRows, putEvents)
	events.always = false
	return []table{
		tableOf("series.parquet", func(r *Run) []Sample { return r.Series }, putSeries),
		tableOf("traffic.parquet", func(r *Run) []Traffic { return r.Traffic }, putTraffic),
		tableOf("latencies.parquet", bucketRows, putBuckets),
		tableOf("deliveries.parquet", func(r *Run) []Delivery { return r.Deliveries }, putDeliveries),
		tableOf("nodes.parquet", nodeRows, putNodes),
		tableOf("chain.parquet", func(r *Run) []Link { return r.Chain }, putChain),
		tableOf("blocks.parquet", func(r *Run) []Block { return r.Blocks }, putBlocks),
		tableOf("decisions.parquet", func(r *Run) []Decision { return r.Decisions }, putDecisions),
		events,
	}
}

// each calls check for every row and names the row that it refuses.
func each[T any](rows []T, check func(before, row *T) error) error {
	for i := range rows {
		if err := check(&rows[max(0, i-1)], &rows[i]); err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
	}
	return nil
}

// known reports whether a name is in a list.
func known(what, name string, names []string) error {
	if slices.Contains(names, name) {
		return nil
	}
	return fmt.Errorf("%s %q is not in run.json", what, name)
}

// ordered refuses an instant before the one before it.
func ordered(before, at Instant) error {
	if at < before || at < 0 {
		return fmt.Errorf("instant %v comes after %v", at, before)
	}
	return nil
}

func putSeries(r *Run, rows []Sample) error {
	r.Series = rows
	return each(rows, func(b, s *Sample) error {
		if s.Width <= 0 {
			return fmt.Errorf("an interval of %v", s.Width)
		}
		return ordered(b.At, s.At)
	})
}

func putTraffic(r *Run, rows []Traffic) error {
	r.Traffic = rows
	return each(rows, func(b, t *Traffic) error {
		if err := known("kind", t.Kind, r.Summary.Kinds); err != nil {
			return err
		}
		return ordered(b.At, t.At)
	})
}

func bucketRows(r *Run) (rows []bucketRow) {
	for _, d := range r.Distributions {
		for _, b := range d.Buckets {
			rows = append(rows, bucketRow{d.Name, d.Exact, b.Low, b.High, b.Count})
		}
	}
	return rows
}

func putBuckets(r *Run, rows []bucketRow) error {
	return each(rows, func(_, b *bucketRow) error {
		n := len(r.Distributions)
		if n == 0 || r.Distributions[n-1].Name != b.Name {
			r.Distributions = append(r.Distributions, Distribution{Name: b.Name, Exact: b.Exact})
			n++
		}
		d := &r.Distributions[n-1]
		if k := len(d.Buckets); b.Count == 0 || b.Low < 0 || b.High < b.Low || k > 0 && b.Low <= d.Buckets[k-1].High {
			return fmt.Errorf("bucket %d to %d of %q, %d values, does not follow", b.Low, b.High, b.Name, b.Count)
		}
		d.Buckets = append(d.Buckets, Bucket{b.Low, b.High, b.Count})
		return nil
	})
}

func putDeliveries(r *Run, rows []Delivery) error {
	r.Deliveries = rows
	return each(rows, func(b, d *Delivery) error {
		if d.At < d.Published {
			return fmt.Errorf("message %d is delivered at %v, before it is published at %v", d.Message, d.At, d.Published)
		}
		if err := known("kind", d.Kind, r.Summary.Kinds); err != nil {
			return err
		}
		return ordered(b.Published, d.Published)
	})
}

func nodeRows(r *Run) []nodeRow {
	rows := make([]nodeRow, len(r.Nodes))
	for i, n := range r.Nodes {
		rows[i] = nodeRow{
			n.Node, n.Role, n.Site, n.MessagesSent, n.MessagesReceived, n.BytesSent, n.BytesReceived,
			n.Signed, n.Verified, int64(n.Processor), n.Syncs, n.BytesSynced,
		}
	}
	return rows
}

func putNodes(r *Run, rows []nodeRow) error {
	if len(rows) != r.Summary.Nodes {
		return fmt.Errorf("it holds %d nodes, run.json says %d", len(rows), r.Summary.Nodes)
	}
	r.Nodes = make([]NodeTotals, len(rows))
	for i, n := range rows {
		r.Nodes[i] = NodeTotals{Node: n.Node, Role: n.Role, Site: n.Site, Counters: Counters{
			n.MessagesSent, n.MessagesReceived, n.BytesSent, n.BytesReceived,
			n.Signed, n.Verified, time.Duration(n.Processor), n.Syncs, n.BytesSynced,
		}}
	}
	return each(rows, func(_, n *nodeRow) error { return known("role", n.Role, r.Summary.Roles) })
}

func putChain(r *Run, rows []Link) error {
	r.Chain = rows
	return each(rows, func(b, l *Link) error {
		if l != b && (l.Partition < b.Partition || l.Partition == b.Partition && l.Events <= b.Events) {
			return fmt.Errorf("link %d of partition %d does not follow link %d of partition %d", l.Events, l.Partition, b.Events, b.Partition)
		}
		return nil
	})
}

// inWindow refuses a row of a window that nobody asked for, and one that is not behind the one before it.
func inWindow(r *Run, lastWindow, window uint32, lastRound, round uint64) error {
	switch {
	case int(window) >= len(r.Summary.Windows):
		return fmt.Errorf("window %d of %d", window, len(r.Summary.Windows))
	case window < lastWindow:
		return fmt.Errorf("window %d comes after window %d", window, lastWindow)
	case window == lastWindow && round < lastRound:
		return fmt.Errorf("round %d comes after round %d", round, lastRound)
	}
	return nil
}

func putBlocks(r *Run, rows []Block) error {
	r.Blocks = rows
	return each(rows, func(b, x *Block) error {
		return inWindow(r, b.Window, x.Window, b.Round, x.Round)
	})
}

func putDecisions(r *Run, rows []Decision) error {
	r.Decisions = rows
	return each(rows, func(b, d *Decision) error {
		return inWindow(r, b.Window, d.Window, b.Round, d.Round)
	})
}

func eventRows(r *Run) []eventRow {
	rows := make([]eventRow, len(r.Events))
	for i, e := range r.Events {
		rows[i] = eventRow{
			e.At, e.Partition, e.Index, e.Node, e.Peer, e.Act.String(), "",
			uint64(e.Message), e.Detail, e.Label,
		}
		if e.Peer != NoNode {
			rows[i].Kind = r.Summary.Kinds[e.Kind]
		}
	}
	return rows
}

func putEvents(r *Run, rows []eventRow) error {
	kinds := map[string]Kind{"": 0}
	for i, k := range r.Summary.Kinds {
		kinds[k] = Kind(i)
	}
	return each(rows, func(b, e *eventRow) error {
		act, err := ParseAct(e.Act)
		if err != nil {
			return err
		}
		kind, found := kinds[e.Kind]
		if !found {
			return known("kind", e.Kind, r.Summary.Kinds)
		}
		r.Events = append(r.Events, Logged{e.Partition, e.Index, Event{
			e.At, e.Node, e.Peer, act, kind, Message(e.Message), e.Detail, e.Label,
		}})
		return ordered(b.At, e.At)
	})
}
