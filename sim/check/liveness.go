package check

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/floormesh/floormesh/dag"
)

// Settled reports whether every acknowledged record, and every record that is
// final anywhere, is final on every honest node.
func (s *Suite) Settled() bool { return s.tickets.missing == 0 }

// Unsettled says for people what is missing where.
func (s *Suite) Unsettled() string {
	lines := []string{fmt.Sprintf("%d finalities are missing", s.tickets.missing)}
	for node := range s.honest {
		if !s.honest[node] {
			continue
		}
		lacks, example := s.lacks(node)
		if lacks > 0 {
			lines = append(lines, fmt.Sprintf("n%d, at commit %d, lacks %d records, one being %s",
				node, s.logs[node].last, lacks, example))
		}
	}
	return strings.Join(lines, "; ")
}

// lacks counts the records that a node's log should have and has not.
func (s *Suite) lacks(node int) (count int, example string) {
	var wanted []dag.Digest
	for statement := range s.tickets.promise { // any order: sorted below
		wanted = append(wanted, statement)
	}
	for statement := range s.tickets.copies { // any order: sorted below
		if _, promised := s.tickets.promise[statement]; !promised {
			wanted = append(wanted, statement)
		}
	}
	slices.SortFunc(wanted, func(a, b dag.Digest) int { return bytes.Compare(a[:], b[:]) })
	for _, statement := range wanted {
		if s.logs[node].final[statement] {
			continue
		}
		if count++; count == 1 {
			example = s.describe(statement)
		}
	}
	return count, example
}

func (s *Suite) describe(statement dag.Digest) string {
	if p, ok := s.tickets.promise[statement]; ok {
		return fmt.Sprintf("%v, acknowledged by n%d", p.record, p.node)
	}
	return fmt.Sprintf("that with statement %v, final elsewhere", statement)
}

// Finals returns how many records are in the longest honest log.
func (s *Suite) Finals() int { return len(s.tickets.copies) }

// Commits returns how many commits are known.
func (s *Suite) Commits() int { return len(s.history.commits) }
