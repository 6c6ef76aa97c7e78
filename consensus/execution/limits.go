package execution

// maxFrozenLanes bounds the frozen lanes of one owner, and with them the state
// and the records that can be made of forks. Who forks more is past being
// trusted: its lanes go on to be cut on one branch each, which harms nobody else.
const maxFrozenLanes = 64

// historyLedgers is how many of the newest ledgers a History keeps for those
// who join: a few seconds of a busy mesh. One of a thousand lanes takes 0.4 MB.
const historyLedgers = 128
