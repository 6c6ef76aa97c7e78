package scenario

import (
	"slices"
	"time"
)

// Checks are what must hold.
type Checks struct {
	// Off are properties that are not checked: those that the experiment is meant
	// to break, or whose memory it cannot afford.
	Off []Property `yaml:"off"`
	// Settle is how long it may take, after the duration is over, until everything
	// acknowledged is final on every honest node. 0s ends the run with its
	// duration and does not check liveness.
	Settle time.Duration `yaml:"settle" default:"1m" range:"0s..8760h"`
	// Rest is how long it may then take until the mesh does nothing at all. 0s
	// does not check quiescence.
	Rest time.Duration `yaml:"rest" default:"0s" range:"0s..8760h"`
	// Stop ends the run at the first violation.
	Stop bool `yaml:"stop" default:"true"`
}

// Checks reports whether a property is checked.
func (c *Checks) Checks(p Property) bool {
	if slices.Contains(c.Off, p) {
		return false
	}
	if p == PropertyEvidence && slices.Contains(c.Off, PropertyOrder) && slices.Contains(c.Off, PropertyValidity) {
		return false // nobody executes a second time, and sees which lanes evidence freezes
	}
	return (p != PropertyLiveness || c.Settle > 0) && (p != PropertyQuiescence || c.Rest > 0)
}

// Property is something that must hold.
type Property string

// Properties.
const (
	PropertyAgreement   Property = "agreement"   // one commit per index, one root per size, on all nodes
	PropertyOrder       Property = "order"       // commits and lanes without gaps
	PropertyDurability  Property = "durability"  // what was acknowledged survives
	PropertyValidity    Property = "validity"    // only what somebody really made becomes final
	PropertyLiveness    Property = "liveness"    // after the faults everything becomes final everywhere
	PropertyQuiescence  Property = "quiescence"  // then nothing happens
	PropertySignOnce    Property = "sign-once"   // nobody honest signs two blocks of a round
	PropertyPace        Property = "pace"        // nobody honest leaves rounds out but behind a commit
	PropertyGoodFaith   Property = "good-faith"  // honest nodes never blame each other
	PropertyAnswer      Property = "answer"      // each submission is answered exactly once
	PropertyCertificate Property = "certificate" // checkpoints certify the log there is
	PropertyCrash       Property = "crash"       // a node starts again from what its disk kept
	PropertyBounds      Property = "bounds"      // a run ends
	PropertyEvidence    Property = "evidence"    // who signs two things is found out
	PropertyRecovery    Property = "recovery"    // equal state after recovery
	PropertyMemory      Property = "memory"      // memory stays bounded
)

// Names returns every property.
func (Property) Names() []string {
	return []string{
		string(PropertyAgreement), string(PropertyOrder), string(PropertyDurability), string(PropertyValidity),
		string(PropertyLiveness), string(PropertyQuiescence), string(PropertySignOnce), string(PropertyPace),
		string(PropertyGoodFaith), string(PropertyAnswer), string(PropertyCertificate), string(PropertyCrash), string(PropertyBounds),
		string(PropertyEvidence), string(PropertyRecovery), string(PropertyMemory),
	}
}
