package recording

import "strings"

// BuildName names a program by the code that it was built from, from what the Go tool
// wrote into it: the revision, whether the checkout was changed, build tags. "" without a revision.
func BuildName(revision string, modified bool, tags string) string {
	if revision == "" {
		return ""
	}
	name := revision[:min(len(revision), 16)]
	if modified {
		name += changed
	}
	if tags != "" {
		name += " " + tags
	}
	return name
}

// changed marks a checkout with changes, whose revision does not tell its code.
const changed = "+changed"

// Same says how two builds compare.
type Same int

// How two builds compare.
const (
	Unknown   Same = iota // a name does not tell the code
	Equal                 // built from the same code
	Different             // from different code
)

// CompareBuilds compares two names.
func CompareBuilds(a, b string) Same {
	strip := func(name string) string { return strings.Replace(name, changed, "", 1) }
	switch {
	case a == "" || b == "":
		return Unknown
	case strip(a) != strip(b):
		return Different
	case a != strip(a) || b != strip(b):
		return Unknown
	}
	return Equal
}
