//go:build !planted_own_ack_order

package planted

// OwnAckOrder makes this mistake: bounded lists of acks are ordered by each member's own waiting time; they starve each other.
const OwnAckOrder = false
