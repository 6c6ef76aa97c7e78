package scenario

import (
	"strings"
	"testing"
	"time"
)

// TestValidate checks scenarios made in Go.
func TestValidate(t *testing.T) {
	good := func() *Scenario {
		s := must(t, "sites: [{name: plant}]\nfaults: [{kind: crash, at: 1s, for: 1s}]")
		return s
	}
	if err := good().Validate(); err != nil {
		t.Fatal(err)
	}
	for says, change := range map[string]func(*Scenario){
		"duration: -1s is out of range":                     func(s *Scenario) { s.Duration = -time.Second },
		`crypto: "" is unknown here`:                        func(s *Scenario) { s.Crypto = "" },
		"sites[0].committee: 9 seats":                       func(s *Scenario) { s.Sites[0].Committee = 9 },
		`faults[0].at: the fault "crash" would begin at 1h`: func(s *Scenario) { s.Faults[0].At = time.Hour },
		"faults[0].who.site[0]: no site is":                 func(s *Scenario) { s.Faults[0].Who.Site = []string{"x"} },
		"sites: 4000000 nodes in all":                       func(s *Scenario) { s.Sites[0].Count, s.Sites[0].Gateways, s.Sites[0].Devices = 100, 10_000, 30_000 },
		"gossip.memory: 30s is less than":                   func(s *Scenario) { s.Gossip.Heartbeat = 10 * time.Second },
		`name: "" is no name`:                               func(s *Scenario) { s.Name = "" },
	} {
		s := good()
		change(s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
}

// TestResolveTwice checks that resolving is done when it is done.
func TestResolveTwice(t *testing.T) {
	for name, s := range library(t) {
		once := Explain(s, false)
		if s.Resolve(); Explain(s, false) != once {
			t.Errorf("%s changes when resolved again", name)
		}
	}
}

// TestNearest checks what is taken for a slip.
func TestNearest(t *testing.T) {
	names := []string{"gateways", "committee", "count", "name", "devices"}
	for text, want := range map[string]string{
		"gatways": "gateways", "gatewyas": "gateways", "Gateways": "gateways", "comitte": "committee", "gate": "gateways",
		"naem": "name", "devics": "devices", "xyz": "", "": "", "temperature": "",
	} {
		if got := Nearest(text, names); got != want {
			t.Errorf("%q is taken for %q, want %q", text, got, want)
		}
	}
}

// TestChecks checks which properties are checked.
func TestChecks(t *testing.T) {
	c := New().Checks
	if !c.Checks(PropertyLiveness) || c.Checks(PropertyQuiescence) {
		t.Error("by default liveness is checked and quiescence is not")
	}
	c.Settle, c.Rest, c.Off = 0, time.Second, []Property{PropertyMemory}
	if c.Checks(PropertyLiveness) || !c.Checks(PropertyQuiescence) || c.Checks(PropertyMemory) || !c.Checks(PropertyOrder) {
		t.Error("settle, rest and off decide otherwise")
	}
}
