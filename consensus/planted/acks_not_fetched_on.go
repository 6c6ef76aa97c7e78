//go:build planted_acks_not_fetched

package planted

// AcksNotFetched makes this mistake: what others only tell to exist, in acks or tips, is never asked for before it is final; its lane stands still here.
const AcksNotFetched = true
