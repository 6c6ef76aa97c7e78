package scenario

import (
	"fmt"
	"reflect"
	"strings"
)

// didYouMean returns "; did you mean …?" if one of the names is near enough to
// be what was meant, else nothing.
func didYouMean(text string, names []string) string {
	if best := Nearest(text, names); best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return ""
}

// Nearest returns the name that takes the fewest edits, "" if that is more than
// a slip or two. The first of several as near wins.
func Nearest(text string, names []string) string {
	text = strings.ToLower(text)
	best, least := "", 1+len(text)/4
	if len(text) > maxNameBytes {
		return ""
	}
	for _, name := range names {
		d := edits(text, strings.ToLower(name))
		if len(name) > len(text) && len(text) > 2 && strings.HasPrefix(name, text) {
			d = 1 // cut short
		}
		if d <= least && (best == "" || d < least) {
			best, least = name, d
		}
	}
	return best
}

// maxHomes is how many places of a key are told: more are no help.
const maxHomes = 3

// homesOf returns the paths of all keys of a name, the first item standing for its list.
func homesOf(key string) []string {
	var homes []string
	var walk func(t reflect.Type, path string)
	walk = func(t reflect.Type, path string) {
		for ; t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer; t = t.Elem() {
			if t.Kind() == reflect.Slice {
				path += "[0]"
			}
		}
		if t.Kind() != reflect.Struct || isScalar(t) {
			return
		}
		for _, f := range fieldsOf(t) {
			below := join(path, f.key)
			if f.key == key {
				homes = append(homes, below)
			}
			walk(t.Field(f.index).Type, below)
		}
	}
	walk(reflect.TypeFor[Scenario](), "")
	return homes
}

// edits counts the letters to insert, drop, replace, or swap with their
// neighbour to make b of a.
func edits(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
