//go:build planted_blocks_not_durable

package planted

// BlocksNotDurable makes this mistake: a block is sent before it and its parents are durable; after a power cut members sign twice, or are bound to blocks that exist nowhere.
const BlocksNotDurable = true
