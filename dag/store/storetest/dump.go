package storetest

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// Dump renders all that a store gives back: what Restore returns and, of what it
// names, the bytes. Two stores to which the same Writes were applied have one Dump.
func Dump(tb testing.TB, s store.Store, owner dag.PublicKey, recent uint64) string {
	tb.Helper()
	r, err := s.Restore(owner, recent)
	if err != nil {
		tb.Fatalf("restore: %v", err)
	}
	var to strings.Builder
	to.WriteString(DumpRestored(r))
	lanes := map[dag.LaneID]bool{}
	for _, m := range append(r.Batches, r.LaneTips...) {
		if lanes[m.Lane] {
			continue
		}
		lanes[m.Lane] = true
		batches, err := s.Lane(m.Lane, 0, math.MaxInt)
		if err != nil {
			tb.Fatalf("lane: %v", err)
		}
		fmt.Fprintf(&to, "lane %s\n", m.Lane)
		for _, b := range batches {
			fmt.Fprintf(&to, "  %s\n", dumpMeta(metaOf(b)))
		}
	}
	certified, commits, err := s.Commits(0, math.MaxInt)
	if err != nil {
		tb.Fatalf("commits: %v", err)
	}
	if certified != nil {
		fmt.Fprintf(&to, "commits up to %x\n", certified.Encode())
	}
	for _, c := range commits {
		fmt.Fprintf(&to, "  %x\n", c.Raw())
	}
	return to.String()
}

// DumpRestored renders what Restore returned, one line for each thing.
func DumpRestored(r *store.Restored) string {
	var to strings.Builder
	fmt.Fprintf(&to, "state %q\ncosigned %d\nown lanes from %d\nretired %q\ndiverged %q\n",
		r.State, r.Cosigned, r.OwnLanes, r.Retired, r.Diverged)
	if r.Certified != nil {
		fmt.Fprintf(&to, "certified %x\n", r.Certified.Encode())
	}
	for _, e := range r.Executed {
		fmt.Fprintf(&to, "executed %s\n", dumpExecuted(e))
	}
	for _, d := range r.Recent {
		fmt.Fprintf(&to, "recent %s\n", d)
	}
	for _, b := range r.Blocks {
		fmt.Fprintf(&to, "block %d %d %s %x\n", b.Round, b.Author, b.ID(), b.Raw())
	}
	for _, m := range r.Batches {
		fmt.Fprintf(&to, "beyond %s\n", dumpMeta(m))
	}
	for _, m := range r.LaneTips {
		fmt.Fprintf(&to, "tip %s\n", dumpMeta(m))
	}
	return to.String()
}

func dumpExecuted(e *store.Executed) string {
	return fmt.Sprintf("%x outcome %x leaf %t size %d root %s records %v",
		e.Commit.Raw(), e.Outcome.Encode(), e.HasLeaf, e.Size, e.Root, e.Records)
}

func dumpMeta(m store.BatchMeta) string {
	return fmt.Sprintf("%s %d %s prev %s bytes %d records %d", m.Lane, m.Seq, m.ID, m.Prev, m.Bytes, m.Records)
}

func metaOf(b *dag.Batch) store.BatchMeta {
	return store.BatchMeta{
		Lane: b.Lane, Seq: b.Seq, ID: b.ID(), Prev: b.Prev,
		Bytes: len(b.Raw()), Records: len(b.Items),
	}
}
