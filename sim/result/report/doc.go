// Package report makes one page of HTML of a run: what ran, whether it held, how quick
// it was, and what it cost. The page needs nothing but itself: no script, no font,
// no picture from elsewhere. Every chart has its numbers in a table below it, the
// colours follow the reader's preference, and it prints.
//
// The same run gives the same page, byte for byte, but for the line that says
// what the machine did.
//
// A sweep has a page of its own, with its runs over what was varied.
package report

// Bounds of the page.
const (
	maxTableRows  = 40   // of a chart's table; a longer series is thinned
	maxPoints     = 1024 // of a line
	maxFaultRows  = 24   // of the timeline
	reportRounds  = 24   // of each window of the DAG
	maxDAGs       = 12   // windows that are drawn
	maxKindsDrawn = 5    // the rest of the kinds are summed up
	maxPanels     = 12   // of a sweep, for each measure
	maxRunRows    = 500  // of the table of a sweep's runs
)
