package sim

import (
	"strings"
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
)

// records returns all that is final at a node.
func (w *war) records(t *testing.T, node int) (all []*dag.Record) {
	t.Helper()
	for _, c := range w.commits(t, node) {
		for _, change := range c.Cut {
			batches, err := w.nodes[node].disk.store().Batches(change.Batches)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range batches {
				all = append(all, b.Items...)
			}
		}
	}
	return all
}

// TestAttestedReadings: of devices that cannot sign the gateway's key vouches for
// the reading, which names the device, and signing is the gateway's work.
func TestAttestedReadings(t *testing.T) {
	const text = `
name: attested
duration: 2s
sites: [{name: a, gateways: 4, devices: 6}]
load: [{who: {role: device}, rate: 20/s, size: 200B, size-spread: 50%, attested: true, again: 20%}]
checks: {settle: 30s}
`
	signed := map[string]uint64{}
	for _, attested := range []string{"true", "false"} {
		w := wage(t, text, "load[0].attested="+attested)
		for _, n := range w.run.Nodes {
			signed[attested] += n.Signed
		}
		devices, copies := map[string]int{}, map[string]int{}
		records := w.records(t, 0)
		for _, r := range records {
			gateway, ok := w.numbers[r.Signer]
			if ok != (attested == "true") {
				t.Fatalf("attested %s: a record is signed by gateway %d: %t", attested, gateway, ok)
			}
			if !ok {
				continue
			}
			pack, err := senml.ParseCBOR(r.Payload)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(r.Payload); n < 100 || n > 300 {
				t.Errorf("a reading of %d bytes, want 100 to 300", n)
			}
			devices[pack.Device()]++
			copies[string(r.Payload)]++
		}
		if attested == "false" {
			continue
		}
		if len(devices) != 6 || devices["a/device/5"] < 30 {
			t.Errorf("readings by device: %v, want some of each of six", devices)
		}
		// What another gateway attests too is another record: the log holds both.
		if len(copies) != 240 || len(records) < 260 {
			t.Errorf("%d records of %d readings, want 240 readings of which a part is there twice", len(records), len(copies))
		}
	}
	if more := signed["true"] - signed["false"]; more < 200 {
		t.Errorf("gateways signed %d times, and %d if devices sign: want one more for each reading", signed["true"], signed["false"])
	}
}

// TestReadingsAreOfTheirSize, if that is enough for their names.
func TestReadingsAreOfTheirSize(t *testing.T) {
	for size := range 3000 {
		text, err := reading("plant/device/7", 5, 1_800_000_000, size)
		if err != nil {
			t.Fatal(err)
		}
		if off := len(text) - size; size >= 100 && (off < -1 || off > 0) {
			t.Errorf("a reading of %d bytes, want %d", len(text), size)
		}
		if pack, err := senml.ParseCBOR(text); err != nil || pack.Device() != "plant/device/7" {
			t.Fatalf("size %d: %v, %v", size, pack, err)
		}
	}
	if _, err := reading(strings.Repeat("x", 5000), 1, 1, 100); err == nil {
		t.Error("a name of 5000 bytes is no mistake")
	}
}
