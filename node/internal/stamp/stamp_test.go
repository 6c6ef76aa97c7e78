package stamp_test

import (
	"testing"
	"time"

	"github.com/floormesh/floormesh/node/internal/stamp"
)

func TestSeconds(t *testing.T) {
	var s stamp.Source
	last := float64(time.Now().UnixMicro())/1e6 - 1
	for range 10_000 {
		now := s.Seconds()
		if now <= last {
			t.Fatalf("%f follows %f", now, last)
		}
		last = now
	}
	if ahead := last - float64(time.Now().UnixMicro())/1e6; ahead > 0.1 {
		t.Errorf("%f s ahead of the clock", ahead)
	}
}
