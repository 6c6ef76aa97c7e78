package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// Settled reports whether every acknowledged record, and every record that is
// final anywhere, is final on every honest node.
func (s *Suite) Settled() bool { return s.tickets.missing == 0 && s.recovered() }

// Unsettled says for people what is missing where.
func (s *Suite) Unsettled() string {
	lines := []string{fmt.Sprintf("%d finalities are missing", s.tickets.missing)}
	for node := range s.honest {
		if !s.honest[node] {
			continue
		}
		if owes := s.losses.owes[node]; s.nodes[node].log.last < owes {
			lines = append(lines, fmt.Sprintf("n%d lost its disk and is at commit %d, and was at %d", node, s.nodes[node].log.last, owes))
		}
		lacks, example := s.lacks(node)
		if lacks > 0 {
			lines = append(lines, fmt.Sprintf("n%d, at commit %d, lacks %d records, one being %s",
				node, s.nodes[node].log.last, lacks, example))
		}
	}
	return strings.Join(lines, "; ")
}

// lacks counts the records that a node's log should have and has not.
func (s *Suite) lacks(node int) (count int, example string) {
	wanted := map[dag.Digest]string{}
	for statement, p := range s.tickets.promise { // any order: it only fills another map
		wanted[statement] = fmt.Sprintf("%v, acknowledged by n%d", p.record, p.node)
	}
	for i := range s.history.open {
		e := s.history.open[i].executed
		for j := range e.Records {
			if r := &e.Records[j]; r.Fate == store.Accepted && e.Commit.Index > s.nodes[node].log.last {
				wanted[r.Statement] = fmt.Sprintf("%v, final elsewhere", r.Record)
			}
		}
	}
	if len(wanted) == 0 {
		return 0, ""
	}
	first := slices.MinFunc(slices.Collect(maps.Keys(wanted)), dag.Digest.Compare)
	return len(wanted), wanted[first]
}

// Finals returns how many records are in the longest honest log.
func (s *Suite) Finals() int { return s.tickets.finals }

// Commits returns how many commits are known.
func (s *Suite) Commits() int { return len(s.history.facts) }
