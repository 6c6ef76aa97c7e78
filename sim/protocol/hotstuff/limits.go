package hotstuff

import "time"

const (
	// maxRivals is how many blocks of one view are kept: an honest leader makes one,
	// and of a lying one's the certified one is asked for.
	maxRivals = 4

	// maxParked bounds the blocks that wait for the one they extend.
	maxParked = 256

	// maxAsked bounds the blocks of one answer to Want.
	maxAsked = 64

	// maxBallots is of how many views a member's votes are collected. A leader needs those of
	// the view before its own; a liar's that are ahead must not displace them.
	maxBallots = 8

	// horizonViews is how far ahead of what is certified a vote may lie.
	horizonViews = 64

	// quietBlocks is how many blocks without batches may follow each other before
	// views slow down: it takes two to make the last batch final.
	quietBlocks = 3

	// viewsPerCheckpoint is how many views there are at least per checkpoint interval
	// while one is still to come, as in consensus/replica.
	viewsPerCheckpoint = 8

	// graceShare is what part of the least timeout a voter waits for a listed batch to
	// come by itself: it was sent to everybody at about the time the leader got it.
	graceShare = 8

	// usualFactor times what a view usually takes is its timeout; what it takes is forgotten
	// by a part of usualDecay a view.
	usualFactor = 3
	usualDecay  = 8

	// saysPerResend is how often a member for which nothing moves says again what it has said, in Resend.
	saysPerResend = 4
)

// leastSpacing keeps a mesh whose scenario spaces nothing from views without number.
const leastSpacing = 100 * time.Microsecond
