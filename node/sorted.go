package node

import (
	"maps"
	"slices"
)

// sortedKeys returns a map's keys in order, so that messages made of them are
// the same every time.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
