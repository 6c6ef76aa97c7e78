package twin

import "time"

const (
	// minProcesses is the least mesh that two smaller ones can tell something about.
	minProcesses = 4
	// maxProcesses is what floormesh bench starts at most on one machine.
	maxProcesses = 32

	// minRate and maxRate bound the records per second: below nothing is measured, above
	// the machine would be.
	minRate = 1
	maxRate = 5000

	// minDuration leaves enough records to speak of percentiles; chosen arbitrarily.
	minDuration = 2 * time.Second
	maxDuration = 10 * time.Minute

	// probeTime is how long the smaller meshes run: long enough that the system's count
	// of processor time, in hundredths of a second, is good to a few percent.
	probeTime = 3 * time.Second

	// measureTime bounds each of the measurements of the machine itself.
	measureTime = 200 * time.Millisecond

	// messageBytes is about what a block takes in a mesh of twenty.
	messageBytes = 1400

	// recordBytes is the size of records, as the bench's: with their envelope.
	recordBytes = 200
	// payloadBytes is the same without it.
	payloadBytes = recordBytes - 114

	// stopTime is how long floormesh bench may take to clean up once it is asked to stop.
	stopTime = 20 * time.Second

	// settleTime is how long the simulated mesh may take until all is final.
	settleTime = time.Minute

	// deliveryBound and finalityBound are the stated errors, in tenths of a percent; see bound.
	deliveryBound = 350
	finalityBound = 250

	// QuietOthers is the share of the cores, in thousandths, beyond which other programs
	// spoil a comparison: they come and go, and the scenario has one number for them.
	QuietOthers = 150

	// figureSteps bounds the steps of a line in a figure.
	figureSteps = 500

	// tailBytes is how much of what floormesh bench said an error repeats.
	tailBytes = 2 << 10
)
