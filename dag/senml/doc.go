// Package senml reads and writes Sensor Measurement Lists, RFC 8428, in their
// JSON and CBOR forms: what a reading looks like inside a ledger record.
//
// A [Pack] is a list of records. A record holds regular fields (a name, a unit,
// a time, one value) and base fields, which also apply to all records after it
// up to the next one with the same base field:
//
//	[{"bn":"press-7/","bt":1700000000,"n":"oil","u":"Cel","v":61.5},
//	 {"n":"oil","t":10,"v":61.7}]
//
// [Pack.Resolve] applies the base fields, so that each record stands for itself:
//
//	[{"n":"press-7/oil","u":"Cel","t":1700000000,"v":61.5},
//	 {"n":"press-7/oil","t":1700000010,"v":61.7}]
//
// # Contract
//
// Parsing accepts only what can be resolved: the two parsers, the two encoders
// and Resolve apply one set of rules, so a pack that one of them took is valid
// for all (up to [MaxPackBytes], for the two forms differ in size). A pack never aliases the
// bytes it came from. Encoding is deterministic, CBOR by RFC 8949 section
// 4.2.1, and parsing what was encoded gives the same pack. Nothing here reads
// a clock: a time relative to "now" (below 2^28 seconds) is resolved against
// the time of reception, which the caller gives.
//
// # Where the RFC leaves room, or its examples leave the RFC
//
//   - A record of base fields alone is no measurement. Section 4.2 asks every
//     record for a value, but the RFC's own thermostat example opens with such
//     a record. One measurement a pack is required.
//   - A record with neither value nor sum of its own takes the base value, if
//     one is in effect (section 4.5.4); beside a sum of its own it takes none.
//   - Fields nobody here knows are ignored, unless their label ends in "_"
//     (section 4.4). So is "l", which the drafts had and the RFC has not.
//   - In CBOR the table of integer labels is conclusive and text labels are for
//     extensions (section 6). A text label "n" would be a name to some readers
//     and noise to others, so the text of a known label is refused.
//   - A field given twice is refused, in both forms, for the same reason.
//   - Indefinite lengths belong to streams (SensML), which this is not.
//
// # What it does not do
//
// No XML or EXI, no streams, no unit conversion (the unit registry is open and
// grows; a unit is bounded text here), no keeping of unknown fields: who needs
// the sender's exact bytes has them in the record that was signed.
//
// # Design
//
// encoding/json decodes into structs without regard to case and lets the last
// of two equal keys win; the CBOR library can decode integer and text keys into
// one struct, but shows no unknown key. Both are openings for two gateways, or a
// gateway and an auditor, to read one payload differently. So the parsers walk
// the fields themselves, and the libraries do the parts below that: tokens,
// skipping, encoding.
package senml
