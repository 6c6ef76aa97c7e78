// Package explore searches for plans that break the protocol, makes a broken one
// small, and writes it down for people.
//
//	f := explore.NewFuzzer(1)
//	for _, p := range f.Next() {
//		r, err := explore.Try(p, nil)
//		f.Learn(p, r)
//	}
//
// # Search
//
// A [Fuzzer] draws plans from schedules of several kinds (see Schedules) and changes
// plans that showed something new before. What a run shows is a set of marks: what its
// counters come to, by powers of two, and which faults overlapped. A plan whose run
// leaves a mark that no run left before joins a bounded corpus.
//
// Plans are handed out and learned from in groups, in order, so that the search is
// a function of its seed, however many workers run it.
//
// [Twins] lists systematically whom a member that signs two blocks a round shows
// which of them.
//
// # Shrinking
//
// [Shrink] takes away what a failure does not need: each smaller plan is run again, and
// kept if the same property fails first. It tries in a fixed order, so that a
// failure comes to the same small plan each time, unless it runs out of time.
//
// # Design
//
// A fuzzer of byte strings would spend its time on plans that are no plans. Plans are
// changed as values, and every change keeps them within what Draw may draw: the
// protocol is promised to bear that, and nothing beyond.
//
// Pictures are made of the lines that a run writes for people: whoever reads along in
// the one sees the same in the other, and a run needs no second way to tell.
package explore
