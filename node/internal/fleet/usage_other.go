//go:build !linux

package fleet

import (
	"errors"
	"time"
)

// Usage is what a gateway's process has used so far.
type Usage struct {
	CPU     time.Duration // user and system
	RSS     int64         // resident bytes, now
	PeakRSS int64         // and at most
}

// Usage is known on Linux only: errors.ErrUnsupported.
func (*Gateway) Usage() (Usage, error) { return Usage{}, errors.ErrUnsupported }

// OwnCPU returns the CPU time that this process has used, 0 where it is not known.
func OwnCPU() time.Duration { return 0 }

// LoopbackBytes returns how many bytes have crossed this machine's loopback
// interface, of all its programs; 0 where it is not known.
func LoopbackBytes() int64 { return 0 }

// BusyCPU returns for how long this machine's cores have been at work; 0 where it is not known.
func BusyCPU() time.Duration { return 0 }
