package replay

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/consensus/replica/recording"
	"github.com/floormesh/floormesh/dag"
)

// Options of Run. The zero value replays everything.
type Options struct {
	// Until is the last Step to replay; 0: all.
	Until uint64
	// Check is given what the gateway was started with, before anything is
	// replayed; its error is returned. Nil: not asked.
	Check func(*recording.Start) error
	// Trace is given every Step with what came out. Outputs are valid during the
	// call. Nil: not told.
	Trace func(s *recording.Step, out []replica.Output, wake replica.Instant)
	// Stack returns where a goroutine is, for a PanicError. Nil: not told.
	Stack func() []byte
}

// Result is what a replay came to.
type Result struct {
	Start      *recording.Start
	Steps      uint64 // that were replayed, the diverging one included
	Inputs     Inputs
	Span       time.Duration // of the gateway's clock, from the first Step to the last
	Signatures int
	Round      dag.Round       // of the newest own block
	Commit     dag.CommitIndex // newest executed
	Commits    int             // executed
	Records    int             // that entered the log
	Ended      string          // why the recording ended; "" if it does not say
	Whole      bool            // it was replayed to its end, and the end is there
	Divergence *Divergence     // nil: everything came out as recorded
}

// Inputs counts Steps by their input.
type Inputs struct {
	Submitted, Received, Connected, Disconnected, Loaded, Persisted, Ticks int
}

// A PanicError says that the Replica of this build panicked, where the gateway's did not or where that was its end.
// It is a bug of the code, unless somebody made the recording up.
type PanicError struct {
	Step  uint64 // 0: before the first
	Value any
	Stack []byte // as Options.Stack had it
}

func (e *PanicError) Error() string {
	if e.Step == 0 {
		return fmt.Sprintf("the replica panics while it starts: %v", e.Value)
	}
	return fmt.Sprintf("the replica panics in step %d: %v", e.Step, e.Value)
}

// Run replays a recording. The result is that of all Steps before an error, nil
// if there were none to replay. Errors: those of recording.Reader, of replica.New and of Check, and *PanicError.
func Run(in io.Reader, o Options) (*Result, error) {
	r, err := recording.NewReader(in, trusting)
	if err != nil {
		return nil, err
	}
	start := r.Start()
	if o.Check != nil {
		if err := o.Check(start); err != nil {
			return nil, err
		}
	}
	p, err := newPlayer(start, o.Stack)
	if panicked, is := errors.AsType[*PanicError](err); is {
		return nil, panicked
	}
	if err != nil {
		return nil, fmt.Errorf("start %s as recorded: %w", start.Gateway(), err)
	}
	err = p.play(r, o)
	p.result.Ended, p.result.Whole = r.Ended()
	return p.result, err
}

// trusting returns a verifier that takes the gateway's word.
func trusting(d *dag.Domain) *dag.Verifier {
	return dag.NewSimulatedVerifier(d, func(*dag.Check) bool { return true })
}

// player replays one life of a gateway.
type player struct {
	replica *replica.Replica
	result  *Result
	digests recording.Digester
	pen     *pen
	began   replica.Instant
	stack   func() []byte
}

func newPlayer(start *recording.Start, stack func() []byte) (p *player, err error) {
	p = &player{result: &Result{Start: start}, pen: &pen{}, stack: stack}
	defer p.caught(0, &err)
	p.replica, err = replica.New(replica.Config{
		Founding:  consensus.Found(start.Genesis),
		NodeKey:   dag.NewSimulatedKey(start.Node, p.pen),
		MemberKey: dag.NewSimulatedKey(start.Member, p.pen),
		Rand:      rand.New(rand.NewChaCha8(start.Seed)),
		Timing:    start.Timing,
	}, start.Restored)
	return p, err
}

func (p *player) play(r *recording.Reader, o Options) error {
	for o.Until == 0 || p.result.Steps < o.Until {
		s, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := p.step(s, o.Trace); err != nil {
			return err
		}
		if p.result.Divergence != nil {
			return nil
		}
	}
	return nil
}

// step takes one Step and compares.
func (p *player) step(s *recording.Step, trace func(*recording.Step, []replica.Output, replica.Instant)) error {
	p.pen.turn(s.Signatures)
	out, wake, err := p.turn(s)
	if err != nil {
		return err
	}
	digest, _ := p.digests.Add(out, wake)
	p.count(s, out)
	if trace != nil {
		trace(s, out, wake)
	}
	if digest != s.Digest || p.pen.wrong() {
		p.result.Divergence = newDivergence(s, digest, out, wake, p.pen)
	}
	return nil
}

func (p *player) turn(s *recording.Step) (out []replica.Output, wake replica.Instant, err error) {
	defer p.caught(s.Number, &err)
	out, wake = p.replica.Step(s.Now, s.Wall, s.Input)
	return out, wake, nil
}

// caught makes an error of a panic. A gateway's is not caught (its log brings it back), but a desk wants to know
// the step.
func (p *player) caught(step uint64, err *error) {
	if r := recover(); r != nil {
		panicked := &PanicError{Step: step, Value: r}
		if p.stack != nil {
			panicked.Stack = p.stack()
		}
		*err = panicked
	}
}

func (p *player) count(s *recording.Step, out []replica.Output) {
	r := p.result
	if r.Steps == 0 {
		p.began = s.Now
	}
	r.Steps++
	r.Span = time.Duration(s.Now - p.began)
	r.Signatures += len(s.Signatures)
	r.Inputs.add(s.Input)
	for _, o := range out {
		switch o := o.(type) {
		case replica.Persist:
			for _, b := range o.Write.Blocks {
				if r.isOwn(b) {
					r.Round = max(r.Round, b.Round)
				}
			}
		case replica.Final:
			r.Commits++
			r.Commit = o.Executed.Commit.Index
			r.Records += int(o.Executed.Outcome.Records)
		default:
		}
	}
}

func (r *Result) isOwn(b *dag.Block) bool {
	return r.Start.Genesis.Gateways[b.Author].Node == r.Start.Node
}

func (n *Inputs) add(in replica.Input) {
	switch in.(type) {
	case replica.Submitted:
		n.Submitted++
	case replica.Received:
		n.Received++
	case replica.Connected:
		n.Connected++
	case replica.Disconnected:
		n.Disconnected++
	case replica.Loaded:
		n.Loaded++
	case replica.Persisted:
		n.Persisted++
	case replica.Tick:
		n.Ticks++
	}
}
