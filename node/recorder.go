package node

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/consensus/replica/recording"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// recorder is a machine that writes down everything that another one is given,
// and digests of what comes out (see consensus/replica/recording).
//
// The loop pays for a copy of the outputs' list alone: a goroutine encodes, digests and
// writes. When it cannot keep up, or cannot write, the recording ends; the
// gateway goes on.
type recorder struct {
	machine

	made    []recording.Signature // by the Step under way
	queue   chan *recorded        // closed by close, or by the loop when it is full
	over    bool                  // nothing is queued any more; the loop's
	waiting atomic.Int64          // bytes queued, about
	broken  atomic.Bool           // nothing is written any more
	reason  string                // why the queue was closed; set before
	done    chan struct{}         // closed once nothing is written any more

	path   string
	file   *os.File
	out    *bufio.Writer
	writer *recording.Writer
	limit  int64
	log    *slog.Logger
}

// recorded is one Step that waits to be written.
type recorded struct {
	recording.Taken

	bytes int64
}

// recordFile is where and how much a node records.
type recordFile struct {
	path  string // "": nothing
	limit int64  // bytes, of the files of all lives together
}

// openRecorder makes a new file beside those of earlier lives. It returns nil if
// they have used up the limit. Errors: ErrConfig.
func openRecorder(o recordFile, log *slog.Logger) (*recorder, error) {
	used, err := recordedBefore(o.path)
	if err != nil {
		return nil, fmt.Errorf("%w: record: %w", ErrConfig, err)
	}
	log = log.With(slog.String("limit", ByteSize(o.limit).String()))
	if used >= o.limit {
		log.Warn("nothing is recorded: the recordings of earlier runs have used up the limit; move them away or raise it",
			slog.String("path", o.path))
		return nil, nil
	}
	file, err := createRecording(o.path)
	if err != nil {
		return nil, fmt.Errorf("%w: record: %w", ErrConfig, err)
	}
	return &recorder{
		queue: make(chan *recorded, maxQueuedSteps), done: make(chan struct{}),
		path: file.Name(), file: file, limit: o.limit - used, log: log.With(slog.String("path", file.Name())),
	}, nil
}

// createRecording makes the first of path, path-2, path-3 … that is not there.
func createRecording(path string) (*os.File, error) {
	for life := 1; ; life++ {
		name := path
		if life > 1 {
			name = numbered(path, fmt.Sprint(life))
		}
		file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, secretMode)
		if !errors.Is(err, fs.ErrExist) || life == maxRecordedLives {
			return file, err
		}
	}
}

// numbered puts a number before a path's extension.
func numbered(path, number string) string {
	ext := filepath.Ext(path)
	return strings.TrimSuffix(path, ext) + "-" + number + ext
}

// recordedBefore returns what the recordings of earlier lives take.
func recordedBefore(path string) (bytes int64, err error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		if !isRecordingOf(path, e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil { // one that has just gone takes nothing
			bytes += info.Size()
		}
	}
	return bytes, nil
}

func isRecordingOf(path, name string) bool {
	path = filepath.Base(path)
	if name == path {
		return true
	}
	ext := filepath.Ext(path)
	number, ok := strings.CutPrefix(name, strings.TrimSuffix(path, ext)+"-")
	if !ok || !strings.HasSuffix(number, ext) {
		return false
	}
	number = strings.TrimSuffix(number, ext)
	return number != "" && strings.Trim(number, "0123456789") == ""
}

// witness returns the key, whose signatures are recorded from now on. Only the
// machine may sign with what it returns.
func (r *recorder) witness(key dag.PrivateKey) dag.PrivateKey {
	return key.Witnessed(func(message []byte, s dag.Signature) {
		r.made = append(r.made, recording.Signature{Message: recording.DigestOf(message), Signature: s})
	})
}

// begin writes what the machine will be made of: at once, since the machine may
// change it.
func (r *recorder) begin(start *recording.Start) (err error) {
	r.out = bufio.NewWriterSize(r.file, recordBufferBytes)
	r.writer, err = recording.Begin(r.out, start)
	return err
}

// record starts to record a machine that was just made.
func (r *recorder) record(m machine) {
	r.machine = m
	r.log.Info("recording what happens to this gateway")
	go r.run()
}

// discard takes back a recording of which nothing will come.
func (r *recorder) discard() error { return errors.Join(r.file.Close(), os.Remove(r.path)) }

// Step implements machine.
func (r *recorder) Step(now replica.Instant, wall dag.UnixMilli, in replica.Input) ([]replica.Output, replica.Instant) {
	out, wake := r.machine.Step(now, wall, in)
	made := r.made
	r.made = nil
	if r.over {
		return out, wake
	}
	if r.broken.Load() {
		r.end("")
		return out, wake
	}
	x := &recorded{Taken: recording.Taken{
		Now: now, Wall: wall, Input: in, Outputs: slices.Clone(out), Wake: wake, Signatures: made,
	}}
	x.bytes = weightOf(&x.Taken)
	if r.waiting.Add(x.bytes) > maxQueuedStepBytes {
		r.end("it could not be written as fast as things happened")
		return out, wake
	}
	select {
	case r.queue <- x:
	default:
		r.end("it could not be written as fast as things happened")
	}
	return out, wake
}

// end makes this Step the first that is not recorded.
func (r *recorder) end(why string) {
	r.over, r.reason = true, why
	close(r.queue)
}

// close ends the recording with the gateway. The loop must have ended, or never
// have begun.
func (r *recorder) close() {
	if !r.over {
		r.end(reasonStopped)
	}
	<-r.done
}

// reasonStopped is how most recordings end.
const reasonStopped = "the gateway stopped"

// run writes what is queued until the queue is closed, the limit is reached or the
// disk fails.
func (r *recorder) run() {
	defer close(r.done)
	reason, err := r.write()
	r.broken.Store(true)
	if err == nil {
		err = errors.Join(r.writer.End(reason), r.out.Flush())
	}
	err = errors.Join(err, r.file.Close())
	for range r.queue { // until the loop has noticed
		continue
	}
	switch {
	case err != nil:
		r.log.Error("recording ended; the gateway goes on", slog.Any("error", err))
	case reason != reasonStopped:
		r.log.Warn("recording ended; the gateway goes on", slog.String("reason", reason))
	}
}

// write writes Steps and returns why there are no more. When there is a lull, or
// now and then, everything goes to the file, where a kill cannot reach it.
func (r *recorder) write() (reason string, err error) {
	late := time.NewTicker(recordEvery)
	defer late.Stop()
	for {
		select {
		case x, ok := <-r.queue:
			if !ok {
				return r.reason, nil
			}
			err = r.writer.Append(&x.Taken)
			r.waiting.Add(-x.bytes)
		case <-late.C:
			err = errors.Join(r.writer.Flush(), r.out.Flush())
		}
		if err != nil {
			return "", err
		}
		if r.writer.Bytes() >= r.limit {
			return "the limit is reached", nil
		}
	}
}

// weightOf returns about how many bytes a Step keeps in memory. What comes out is
// mostly what came in.
func weightOf(t *recording.Taken) (bytes int64) {
	const fixed = 512 // a Step with small things alone
	bytes = fixed
	switch in := t.Input.(type) {
	case replica.Submitted:
		for i := range in.Records {
			bytes += int64(len(in.Records[i].Record.Value().Raw()))
		}
	case replica.Received:
		bytes += weightOfMessage(in.Message.Value())
	case replica.Loaded:
		bytes += weightOfAll(in.Batches)
	case replica.Connected, replica.Disconnected, replica.Persisted, replica.Tick:
	}
	for _, o := range t.Outputs {
		if p, ok := o.(replica.Persist); ok {
			bytes += weightOfAll(p.Write.Batches) + int64(len(p.Write.State))
		}
	}
	return bytes
}

func weightOfMessage(m message.Message) int64 {
	switch m := m.(type) {
	case *message.Blocks:
		return weightOfAll(m.Blocks)
	case *message.Batches:
		return weightOfAll(m.Batches)
	case *message.Commits:
		return weightOfAll(m.Commits)
	default:
		return message.MaxTipsBytes / 64 // requests and the like
	}
}

func weightOfAll[T interface{ Raw() []byte }](items []T) (bytes int64) {
	for _, item := range items {
		bytes += int64(len(item.Raw()))
	}
	return bytes
}
