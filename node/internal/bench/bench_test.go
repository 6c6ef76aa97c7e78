package bench

import (
	"testing"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
)

func TestRecordsHaveTheSizeAskedFor(t *testing.T) {
	for _, size := range []int{170, 200, 201, 255, 300, 365} {
		l, err := presign(t.Context(), dag.MeshID{1}, 3, size, 1000)
		if err != nil {
			t.Fatalf("size %d: %v", size, err)
		}
		for i := range l.count() {
			r, err := dag.DecodeRecord(dag.MeshID{1}, l.records(i, i+1))
			if err != nil {
				t.Fatalf("size %d, record %d: %v", size, i, err)
			}
			if r.ID() != l.ids[i] || l.index[keyOf(r.ID().String())] != int32(i) {
				t.Fatalf("size %d, record %d is not found by its id", size, i)
			}
			if pack, err := senml.ParseCBOR(r.Payload); err != nil || len(pack) != 1 {
				t.Fatalf("size %d, record %d holds no reading: %v", size, i, err)
			}
		}
	}
	if _, err := presign(t.Context(), dag.MeshID{1}, 1, 100, 1); err == nil {
		t.Error("100 bytes: no error, though a signature alone has 64")
	}
}

func TestEventOf(t *testing.T) {
	const id = "bafkreigclwfc3z3ukjaocqzwhripurxehcnjxfu4xxeaz4pig2qzquq67i"
	for line, want := range map[string]bool{
		`data: {"id":"` + id + `","status":"final"}`: true,
		`data: {"leaf":4}`:                           false,
		`data: {"id":"bafkrei`:                       false,
		`id: 4`:                                      false,
		``:                                           false,
	} {
		key, ok := eventOf([]byte(line))
		if ok != want || ok && key != keyOf(id) {
			t.Errorf("%q: got %x, %t", line, key, ok)
		}
	}
}

func TestSchedule(t *testing.T) {
	for _, rate := range []int{1, 7, 100, 999, 1000, 3000, 5001, 15_000, 30_000} {
		plan := newSchedule(rate)
		for i := range 2 * rate {
			at := plan.at(i)
			if at%plan.tick != 0 || plan.due(at) < i+1 || plan.due(at-plan.tick) > i {
				t.Fatalf("rate %d: record %d at %s, when %d are due, and %d a tick before",
					rate, i, at, plan.due(at), plan.due(at-plan.tick))
			}
		}
		if got := plan.due(3 * time.Second); got != 3*rate {
			t.Errorf("rate %d: %d due in 3 s", rate, got)
		}
	}
}

func TestPercentile(t *testing.T) {
	var sorted []time.Duration
	for i := range 200 {
		sorted = append(sorted, time.Duration(i+1)*time.Millisecond)
	}
	for p, want := range map[int]float64{50: 100, 99: 198, 100: 200, 0: 1} {
		if got := percentile(sorted, p); got != want {
			t.Errorf("p%d: got %v, want %v", p, got, want)
		}
	}
	if got := percentile(nil, 50); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestSizes(t *testing.T) {
	g := &watched{}
	for i := range 5 {
		g.add(size{at: time.Duration(10 * i), final: uint64(i)})
	}
	for at, want := range map[time.Duration]uint64{0: 0, 9: 0, 10: 1, 35: 3, 99: 4} {
		if got := g.before(at).final; got != want {
			t.Errorf("at %d: got %d, want %d", at, got, want)
		}
	}
}
