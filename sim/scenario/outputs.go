package scenario

import "time"

// Outputs are what a run leaves behind, beside its summary.
type Outputs struct {
	// Deliveries is the share of (record or batch, node) pairs whose delivery and finality are
	// written down one by one.
	Deliveries Share `yaml:"deliveries" default:"100%" range:"0%..100%"`
	// Series is the interval of the time series.
	Series time.Duration `yaml:"series" default:"1s" range:"1ms..24h"`
	// Events write down everything that happens to some nodes for some time.
	Events []Window `yaml:"events"`
	// DAG draws the blocks that some nodes know, for some time.
	DAG []Window `yaml:"dag"`
}

// Window is some nodes for some time.
type Window struct {
	// Who is watched. Left out: everybody.
	Who Selector `yaml:"who"`
	// From is when it begins.
	From time.Duration `yaml:"from" default:"0s" range:"0s..8760h"`
	// Until is when it ends. 0s means with the run.
	Until time.Duration `yaml:"until" default:"0s" range:"0s..8760h"`
}
