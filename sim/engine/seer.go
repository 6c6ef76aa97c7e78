package engine

// Seer is a [Handler] that is shown events some time before they happen, in order, so that what
// is kept about their nodes can be brought into the cache all at once: looked at when their turns
// come, each is waited for. It changes nothing. What is scheduled for the next moment is not shown.
type Seer interface {
	Handler
	Ahead(events []Event)
}
