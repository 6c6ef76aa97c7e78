package sweep

import "time"

// Waits are how long things with a server may take. A zero field means the
// default in limits.go, which is for machines far apart and people who restart
// servers by hand.
type Waits struct {
	Patience  time.Duration // for a server that went away, until it counts as gone
	Reconnect time.Duration // between two attempts to reach it
	Call      time.Duration // one exchange
	Try       time.Duration // one exchange that is tried again
	Poll      time.Duration // one request for a job
	Presence  time.Duration // until no other worker says that it is there
}

func (w Waits) complete() Waits {
	w.Patience = orDefault(w.Patience, defaultPatience)
	w.Reconnect = orDefault(w.Reconnect, defaultReconnect)
	w.Call = orDefault(w.Call, defaultCall)
	w.Try = orDefault(w.Try, defaultTry)
	w.Poll = orDefault(w.Poll, defaultPoll)
	w.Presence = orDefault(w.Presence, defaultPresence)
	return w
}
