// Package scenario says what a simulated run is: which nodes there are, what
// lies between them, what they submit, what breaks, who lies, what is checked and what is kept.
//
//	name: lunch
//	duration: 2m
//	sites:
//	  - {name: plant, gateways: 7}
//	load:
//	  - {rate: 4/s, size: 200B}
//	faults:
//	  - {kind: crash, at: 30s, for: 10s, who: {role: member, amount: f}}
//
// [Read] lays such texts over one another, decodes, fills in and checks:
//
//	s, err := scenario.Read([]scenario.Source{{Name: "lunch.yaml", Text: text}}, "sites[0].gateways=10")
//
// The types here are the reference of the format: each field's comment has its meaning and unit, its tags
// have key, default and range. [Schema] is made from them, and [Explain] writes a scenario
// with all of it. After [Read], every field means what it says: no zero stands for something else,
// save where its comment says so.
//
// # Values
//
// Durations are "150ms" or "2m30s", sizes "200B" or "64KiB", bandwidths "38Mbit/s"
// or "unlimited", rates "4/s" or "1/5s", shares "5%" or "50ppm". A unit is never left out.
// All are read exactly and kept as integers: nothing that a run depends on is floating point.
//
// # Selectors
//
// Who breaks, lies or submits is said by a [Selector]: all nodes that fit its
// groups, sites, roles and names, and of these an amount. [Roster] numbers the nodes and
// answers selectors, from the seed alone. So the world never chooses, but for one case: who leads is known only while it runs.
//
// # Overlays
//
// Several texts make one scenario, later ones laid over earlier ones:
//
//   - keys join at every depth; a single value replaces the one below;
//   - a list replaces the list below, whole; under a key with a plus sign behind it ("faults+:")
//     it is appended instead;
//   - a key with nothing behind it takes away what is below, and the default holds again.
//
// Settings ("sites[0].gateways=100", "sites[plant].gateways=100", "faults+={kind: power}")
// come last. An index one past a list's end appends.
//
// # Errors
//
// Reading tells all problems at once ([Problems]), each with file, line and column, the
// line itself with a caret, and what was expected; a problem in a setting shows
// the setting. Anchors, aliases, tags and second documents are refused, and keys given
// twice: overlays do what they are for, and say where a value came from.
//
// # Sweeps
//
// A scenario with a sweep stands for many. [Document.Points] resolves each, with
// a seed of its own, and names it by the hash of what Explain writes, so that two
// machines agree on which run is which.
//
// # Design
//
// Defaults and ranges stand in struct tags and meanings in the fields' comments,
// which the package embeds and parses when a schema or comments are asked for: one place
// for each truth. Decoding works on a tree of its own in place of the YAML library's
// decoder, which stops at the first mistake and knows nothing of overlays.
//
// Nothing here knows the engine, the protocol or the world.
package scenario
