package scenario

import "slices"

// form is what a tree is.
type form uint8

const (
	formNull form = iota
	formScalar
	formList
	formMap
)

// String names a form for people.
func (f form) String() string {
	return [...]string{"nothing", "a single value", "a list", "keys with values"}[f]
}

// tree is a document as it was written: not typed yet, every part with its place.
// Trees are never changed once made; overlays share parts.
type tree struct {
	form    form
	at      Place
	text    string  // scalar
	quoted  bool    // scalar: in quotes, or a block of text
	literal bool    // scalar: as written in a sweep's values: whatever type fits
	items   []*tree // list
	entries []entry // map, in the order of the file
}

// entry is a key of a map.
type entry struct {
	key   string
	at    Place
	value *tree
}

// find returns the place of a key in a map, -1 if it is not there.
func (t *tree) find(key string) int {
	return slices.IndexFunc(t.entries, func(e entry) bool { return e.key == key })
}

// get returns the value of a key, nil if it is not there.
func (t *tree) get(key string) *tree {
	if i := t.find(key); i >= 0 {
		return t.entries[i].value
	}
	return nil
}

// put returns a copy of a map with a key set; a nil value takes it away.
func (t *tree) put(e entry) *tree {
	copied := *t
	copied.entries = slices.Clone(t.entries)
	i := t.find(e.key)
	switch {
	case i >= 0 && e.value == nil:
		copied.entries = slices.Delete(copied.entries, i, i+1)
	case i >= 0:
		copied.entries[i] = e
	case e.value != nil:
		copied.entries = append(copied.entries, e)
	}
	return &copied
}

// size counts the parts of a tree.
func (t *tree) size() int {
	n := 1
	for _, item := range t.items {
		n += item.size()
	}
	for _, e := range t.entries {
		n += e.value.size()
	}
	return n
}
