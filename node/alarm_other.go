//go:build !linux

package node

// newFineClock returns none.
func newFineClock(func()) fineClock { return nil }
