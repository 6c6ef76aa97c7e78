//go:build !planted_own_kept

package planted

// OwnKept makes this mistake: own statements stay on the list of what is under way after they are executed.
const OwnKept = false
