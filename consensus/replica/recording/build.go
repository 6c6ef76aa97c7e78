package recording

import "strings"

// BuildName names a program by the code that it was built from. A release is told its version, which
// ends in "-dirty" if its checkout was changed; of others there is what the Go tool wrote into
// them: the revision, whether the checkout was changed, build tags. "" if nothing is known.
func BuildName(release, revision string, modified bool, tags string) string {
	var name string
	switch {
	case release != "":
		clean, dirty := strings.CutSuffix(release, "-dirty")
		name, modified = released+clean, dirty
	case revision != "":
		name = revision[:min(len(revision), 16)]
	default:
		return ""
	}
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

// released begins the name of a release.
const released = "release "

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
	case strings.HasPrefix(a, released) != strings.HasPrefix(b, released):
		return Unknown // a version does not tell its revision
	case strip(a) != strip(b):
		return Different
	case a != strip(a) || b != strip(b):
		return Unknown
	}
	return Equal
}
