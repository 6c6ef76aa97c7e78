//go:build !planted_anchor_too_near

package planted

// AnchorTooNear makes this mistake: an anchor may lie two rounds above, where nothing but itself can certify; it skips what others commit.
const AnchorTooNear = false
