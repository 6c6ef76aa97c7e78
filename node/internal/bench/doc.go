// Package bench measures a mesh of gateway processes on this machine, from
// outside: through the HTTP door that devices and scripts use.
//
// # What is measured
//
// Records are signed before the clock starts, one reading each, by many devices.
// At a rate they are sent when they are due, whether or not earlier ones
// were answered, to each live gateway in turn; a record's latency runs
// from the instant it is due to the instant this program has seen it final on
// the last of the gateways that lived throughout. What was not acknowledged is sent again,
// to another gateway, and keeps its due time. With the rate "max" a bounded number of
// records is under way instead, and the rate is what becomes final.
//
// Up to 5,000 records/s every record is followed on every gateway's event
// stream. Beyond, reading four streams would compete with the gateways for
// the machine, so the size of each log is polled, and the place of every hundredth
// record in the log, asked for afterwards, says when it became final: to the
// resolution of the polls, rounded up.
//
// In the end every gateway runs again, the logs must agree by their certified
// checkpoints, and one is read whole: every acknowledged record must be in it
// exactly once.
//
// # Design
//
// The client shares the machine with the gateways, so it is cheap: records lie
// one after the other in memory, a request's body is a slice of that, and an
// event is recognised by twelve letters of its id.
package bench
