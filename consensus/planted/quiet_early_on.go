//go:build planted_quiet_early

package planted

// QuietEarly makes this mistake: members sleep once all is final, before a checkpoint covers it; a laggard is stranded.
const QuietEarly = true
