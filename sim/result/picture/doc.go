// Package picture draws runs for people to read event by event: a space-time
// diagram of who told whom what, and a window of the DAG. Both are SVG files that stand
// alone, made to be attached to a failure that was shrunk to a few nodes and some tens of events.
//
// What is too much for a picture is left out, and the picture says so.
package picture

// Bounds of what stays readable.
const (
	maxColumns = 16  // nodes of a space-time diagram
	maxMoments = 240 // events of a space-time diagram
	maxRounds  = 60  // of a window of the DAG
	maxAuthors = 40  // of a window of the DAG
)
