//go:build !planted_frozen_forgotten

package planted

// FrozenForgotten makes this mistake: a restart forgets which lanes are frozen.
const FrozenForgotten = false
