package node

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// timerFD is a Linux timer that the runtime's poller waits for like for a socket.
type timerFD struct {
	fd   int
	file *os.File // of fd; its Fd would make reads block a thread
	done chan struct{}
}

// newFineClock returns a clock that calls ring, nil if there is none to be had.
func newFineClock(ring func()) fineClock {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil
	}
	c := &timerFD{fd: fd, file: os.NewFile(uintptr(fd), "timerfd"), done: make(chan struct{})}
	go func() {
		defer close(c.done)
		var expirations [8]byte
		for {
			if _, err := c.file.Read(expirations[:]); err != nil {
				return // closed
			}
			ring()
		}
	}()
	return c
}

// set implements fineClock. A failure would be one of our arguments.
func (c *timerFD) set(d time.Duration) {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(max(1, d.Nanoseconds()))}
	if err := unix.TimerfdSettime(c.fd, 0, &spec, nil); err != nil {
		panic("set a timer: " + err.Error())
	}
}

func (c *timerFD) close() {
	_ = c.file.Close() // ends the reader
	<-c.done
}
