package senml

import (
	"strings"

	"github.com/floormesh/floormesh/dag"
)

// Reading returns a pack of one record: what device measured at the time given,
// under the name device/measurement. An empty unit is left out. A time before
// July 1978, 0 included, would read as relative to now. The names are checked
// when the pack is encoded.
func Reading(device, measurement, unit string, value float64, at dag.UnixMilli) Pack {
	r := Record{
		BaseName: new(device + "/"),
		Name:     measurement,
		Value:    &value,
		Time:     new(float64(at) / 1000),
	}
	if unit != "" {
		r.Unit = &unit
	}
	return Pack{r}
}

// Device returns who p is from: the first record's base name without the "/" or
// ":" at its end; without a base name, its name up to the last "/", or all of
// it. It is what the pack says of itself, and proves nothing about the signer.
func (p Pack) Device() string {
	if len(p) == 0 {
		return ""
	}
	if base := p[0].BaseName; base != nil && *base != "" {
		return strings.TrimRight(*base, "/:")
	}
	if i := strings.LastIndexByte(p[0].Name, '/'); i > 0 {
		return p[0].Name[:i]
	}
	return p[0].Name
}
