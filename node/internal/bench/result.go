package bench

import (
	"fmt"
	"strings"
)

// Result is what was measured. Numbers that do not apply are 0.
type Result struct {
	Gateways int     `json:"gateways"`
	Rate     string  `json:"rate"` // that was asked for
	Devices  int     `json:"devices"`
	Size     int     `json:"size"`
	Seconds  float64 `json:"seconds"` // of load
	Records  int     `json:"records"` // that were sent

	// RateFinal is what became final on all live gateways per second, without the
	// first quarter of the load.
	RateFinal float64 `json:"rate_final"`
	Latency   Latency `json:"latency_ms"`
	Sampled   int     `json:"latency_samples"`
	// Accepted is how many records were acknowledged.
	Accepted int `json:"accepted"`
	// Lost is how many of those were not in the log exactly once, in the end.
	Lost int `json:"lost"`
	// Unsent is how many records that were due were not acknowledged in time.
	Unsent int `json:"unsent"`
	// LogsAgree reports whether all gateways certified one log.
	LogsAgree bool `json:"logs_agree"`

	// BacklogGrowth is by how many records more were waiting to become final in
	// the last quarter of the load than in the second.
	BacklogGrowth int `json:"backlog_growth"`

	CPUPercent       float64 `json:"cpu_percent_per_gateway"` // of one core
	ClientCPUPercent float64 `json:"cpu_percent_client"`
	OtherCPUPercent  float64 `json:"cpu_percent_others"` // of all else that ran here, interrupts among it and lowered priorities not
	RSSMax           float64 `json:"rss_mib_max"`
	DiskBytes        float64 `json:"disk_bytes_per_record"` // and gateway, after all have stopped
	WireBytes        float64 `json:"wire_bytes_per_record"` // sent by all gateways together
	Rounds           float64 `json:"rounds_per_s"`
	GapMs            float64 `json:"gap_ms_max"` // longest time in which nothing became final

	// RecordedBytes is what a gateway's recording grew by per second of load.
	RecordedBytes float64 `json:"recorded_bytes_per_s,omitempty"`

	Killed int `json:"killed"`
	// KillGapMs is the longest gap that began in the two seconds around the kill.
	KillGapMs float64 `json:"kill_gap_ms"`
	// WaitedForKilled is how many records became final only once a killed gateway, which
	// alone had acknowledged them, was back after the load.
	WaitedForKilled int `json:"waited_for_killed"`
	// RestartMs is how long a killed gateway took to be ready again, during the load.
	RestartMs float64 `json:"restart_ms"`
	// RecoveryMs is how long it took from then until all that had been
	// acknowledged was final on the gateways that lived throughout.
	RecoveryMs float64 `json:"recovery_ms"`

	IdleCPUPercent    float64        `json:"idle_cpu_percent"`          // per gateway, of one core
	IdleBytes         float64        `json:"idle_bytes_per_s"`          // per gateway, sent, on its streams
	IdleLoopbackBytes float64        `json:"idle_loopback_bytes_per_s"` // per gateway, all that crossed loopback
	IdleRSS           float64        `json:"idle_rss_mib"`              // most of any gateway
	Resent            int            `json:"resent"`                    // records sent again for want of an answer
	Reasons           map[string]int `json:"resent_reasons,omitempty"`
}

// Latency is the time from due to final on all gateways, in milliseconds.
type Latency struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// OK reports whether nothing was lost and all gateways agree.
func (r *Result) OK() bool { return r.Lost == 0 && r.LogsAgree }

// String returns the result for people.
func (r *Result) String() string {
	var b strings.Builder
	p := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-26s"+format+"\n", append([]any{name}, args...)...)
	}
	p("records", "%d of %d bytes by %d devices in %.0f s (rate %s)", r.Records, r.Size, r.Devices, r.Seconds, r.Rate)
	p("rate_final", "%.0f/s", r.RateFinal)
	p("latency_ms", "p50 %.1f  p90 %.1f  p99 %.1f  max %.1f", r.Latency.P50, r.Latency.P90, r.Latency.P99, r.Latency.Max)
	p("lost", "%d of %d accepted; logs agree: %t", r.Lost, r.Accepted, r.LogsAgree)
	p("cpu_percent_per_gateway", "%.1f (this client: %.1f)", r.CPUPercent, r.ClientCPUPercent)
	p("rss_mib_max", "%.0f", r.RSSMax)
	p("disk_bytes_per_record", "%.0f on each gateway", r.DiskBytes)
	p("wire_bytes_per_record", "%.0f by all gateways together", r.WireBytes)
	if r.RecordedBytes > 0 {
		p("recorded_bytes_per_s", "%.0f by each gateway", r.RecordedBytes)
	}
	p("rounds_per_s", "%.1f", r.Rounds)
	p("gap_ms_max", "%.0f", r.GapMs)
	if r.Unsent > 0 || r.Resent > 0 {
		p("unsent, resent", "%d, %d %v", r.Unsent, r.Resent, r.Reasons)
	}
	if r.Killed > 0 {
		p("killed", "%d; gap at the kill %.0f ms; %d records waited for a killed gateway", r.Killed, r.KillGapMs, r.WaitedForKilled)
	}
	if r.RestartMs > 0 {
		p("one started again", "ready in %.0f ms, then all final within %.0f ms", r.RestartMs, r.RecoveryMs)
	}
	if r.IdleRSS > 0 {
		p("at rest, per gateway", "%.2f %% of a core, %.0f B/s on streams, %.0f B/s on loopback, %.0f MiB", r.IdleCPUPercent, r.IdleBytes, r.IdleLoopbackBytes, r.IdleRSS)
	}
	return b.String()
}
