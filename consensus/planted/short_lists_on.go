//go:build planted_short_lists

package planted

// ShortLists makes no mistake: lists of acks are so short that their order matters.
const ShortLists = true
