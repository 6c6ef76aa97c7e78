package store

// maxPending is how many Writes a Memory keeps before it sorts them in: enough to
// share the way, few enough for what they hold besides not to show.
const maxPending = 32
