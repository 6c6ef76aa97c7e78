package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/node/internal/client"
	"github.com/floormesh/floormesh/node/internal/terminal"
)

type publishCommand struct {
	Input       []string      `arg:"" help:"Numbers, or files: SenML (.json, .senml, .cbor) or CSV with column names (.csv); - for standard input."`
	Device      string        `help:"File of the device key that signs, made by 'floormesh device new'." required:"" type:"path" placeholder:"FILE"`
	Measurement string        `help:"What the numbers measure." placeholder:"NAME"`
	Unit        string        `help:"Unit of the numbers, as in RFC 8428: Cel, bar, m/s …" placeholder:"U"`
	Name        string        `help:"What the device calls itself in its readings; the first half of its key if left out." placeholder:"NAME"`
	Format      string        `help:"What a file holds, if its name does not say: senml, senml-cbor or csv." enum:",senml,senml-cbor,csv" default:"" placeholder:"FORMAT"`
	TimeColumn  string        `help:"CSV column with the time; else the one called time, timestamp, ts, date or datetime." placeholder:"NAME"`
	Mesh        string        `help:"The mesh id to sign for; else the gateway is asked." placeholder:"ID"`
	Wait        bool          `help:"Wait until all records are final."`
	RetryFor    time.Duration `help:"How long to go on when no gateway answers or it is overloaded." default:"30s"`
	gatewayFlag
	jsonFlag
}

// publication is the result of publish.
type publication struct {
	Accepted int            `json:"accepted"` // new and durable at the gateway
	Known    int            `json:"known"`    // durable there before
	Refused  []refusal      `json:"refused"`
	IDs      []dag.RecordID `json:"ids"` // of those accepted or known, in order of the input
}

// refusal says which record of the input was refused, and why.
type refusal struct {
	Index  int    `json:"index"`
	Detail string `json:"detail"`
}

// Run signs the input and sends it.
func (c *publishCommand) Run(ctx context.Context, s *streams) error {
	key, err := readDeviceKey(c.Device)
	if err != nil {
		return err
	}
	payloads, err := c.payloads(s, key)
	if err != nil {
		return err
	}
	gateway, err := c.open()
	if err != nil {
		return err
	}
	defer gateway.Close()
	p := &publisher{gateway: gateway, retryFor: c.RetryFor}
	mesh, err := c.meshID(ctx, p)
	if err != nil {
		return err
	}
	if p.records, err = sign(s, mesh, key, payloads); err != nil {
		return err
	}
	if err := p.send(ctx, terminal.NewProgress(s.err, "publishing", len(p.records))); err != nil {
		return err
	}
	result := p.result()
	if c.Wait {
		if err := p.await(ctx, result.IDs, terminal.NewProgress(s.err, "waiting until final", len(result.IDs))); err != nil {
			return err
		}
	}
	return c.report(s, result)
}

// meshID returns what records are signed for.
func (c *publishCommand) meshID(ctx context.Context, p *publisher) (dag.MeshID, error) {
	if c.Mesh != "" {
		id, err := dag.ParseMeshID(c.Mesh)
		if err != nil {
			return id, misused(fmt.Errorf("%q is no mesh id: %w", c.Mesh, err), "leave --mesh out to ask the gateway")
		}
		return id, nil
	}
	var id dag.MeshID
	err := p.retrying(ctx, func() error {
		status, err := p.gateway.Status(ctx)
		if err == nil {
			id = status.MeshID
		}
		return err
	})
	return id, err
}

func sign(s *streams, mesh dag.MeshID, key dag.PrivateKey, payloads []payload) ([]*dag.Record, error) {
	bar := terminal.NewProgress(s.err, "signing", len(payloads))
	defer bar.End()
	records := make([]*dag.Record, 0, len(payloads))
	for i, p := range payloads {
		r, err := dag.SignRecord(mesh, key, p.format, p.bytes)
		if err != nil {
			return nil, failed(fmt.Errorf("%s: %w", p.from, err), "split it into several records")
		}
		records = append(records, r)
		bar.Set(i + 1)
	}
	return records, nil
}

func (c *publishCommand) report(s *streams, p *publication) error {
	if c.JSON {
		if err := printJSON(s.out, p); err != nil {
			return err
		}
	} else {
		for _, id := range p.IDs {
			fmt.Fprintln(s.out, id)
		}
		what := "stored"
		if c.Wait {
			what = "final"
		}
		s.say("%d %s, %d of them known before, %d refused", len(p.IDs), what, p.Known, len(p.Refused))
	}
	if len(p.Refused) > 0 {
		r := p.Refused[0]
		return failed(fmt.Errorf("%d of %d records refused; the first is record %d: %s",
			len(p.Refused), len(p.Refused)+len(p.IDs), r.Index, r.Detail), "")
	}
	return nil
}

// publisher sends signed records until each is stored or refused. Sending one
// again is safe: the gateway knows it by its signed bytes.
type publisher struct {
	gateway  *client.Client
	retryFor time.Duration
	records  []*dag.Record

	receipts []client.Receipt // one per record, in order
}

// send sends all records in chunks.
func (p *publisher) send(ctx context.Context, bar *terminal.Progress) error {
	defer bar.End()
	p.receipts = make([]client.Receipt, len(p.records))
	for start := 0; start < len(p.records); {
		end := p.chunk(start)
		open := make([]int, 0, end-start) // records of the chunk without a receipt
		for i := start; i < end; i++ {
			open = append(open, i)
		}
		err := p.retrying(ctx, func() (err error) {
			open, err = p.attempt(ctx, open)
			return err
		})
		if err != nil {
			return fmt.Errorf("%d of %d records stored: %w", start, len(p.records), err)
		}
		start = end
		bar.Set(end)
	}
	return nil
}

// chunk returns the end of the chunk that begins at start.
func (p *publisher) chunk(start int) int {
	size, end := 0, start
	for end < len(p.records) && end-start < client.MaxSequence {
		size += len(p.records[end].Raw())
		if size > client.MaxSequenceBytes && end > start {
			break
		}
		end++
	}
	return end
}

// attempt sends the open records once and returns those that the gateway could
// not take now, with its reason.
func (p *publisher) attempt(ctx context.Context, open []int) ([]int, error) {
	bodies := make([][]byte, len(open))
	for i, at := range open {
		bodies[i] = p.records[at].Raw()
	}
	receipts, err := p.gateway.Submit(ctx, bodies)
	if err != nil {
		return open, err
	}
	var later error
	var left []int
	for i, r := range receipts {
		if r.Err != nil && r.Err.Passing() {
			left, later = append(left, open[i]), r.Err
			continue
		}
		p.receipts[open[i]] = r
	}
	return left, later
}

// retrying calls do until it succeeds, fails for good, or retryFor is over.
func (p *publisher) retrying(ctx context.Context, do func() error) error {
	deadline := time.Now().Add(p.retryFor)
	for wait := backoffFirst; ; wait = min(2*wait, backoffLast) {
		err := do()
		if err == nil || !mayPass(err) {
			return err
		}
		if time.Now().Add(wait).After(deadline) {
			return err
		}
		if !pause(ctx, wait) {
			return ctx.Err()
		}
	}
}

// mayPass reports whether the same request may succeed later.
func mayPass(err error) bool {
	if _, ok := errors.AsType[*client.UnreachableError](err); ok {
		return true
	}
	p, ok := errors.AsType[*client.ProblemError](err)
	return ok && p.Passing()
}

func (p *publisher) result() *publication {
	out := &publication{IDs: []dag.RecordID{}, Refused: []refusal{}}
	for i, r := range p.receipts {
		switch {
		case r.Err != nil:
			out.Refused = append(out.Refused, refusal{i, r.Err.Error()})
			continue
		case r.Known:
			out.Known++
		default:
			out.Accepted++
		}
		out.IDs = append(out.IDs, r.ID)
	}
	return out
}

// await waits until every record is final, which is when the log's order is
// known to contain it. They are looked at in order: the last ones are final
// soon after the first.
func (p *publisher) await(ctx context.Context, ids []dag.RecordID, bar *terminal.Progress) error {
	defer bar.End()
	for i, id := range ids {
		if err := p.awaitOne(ctx, id); err != nil {
			return err
		}
		bar.Set(i + 1)
	}
	return nil
}

func (p *publisher) awaitOne(ctx context.Context, id dag.RecordID) error {
	settled := []string{"final", "duplicate", "refused"}
	for {
		var r *client.Record
		err := p.retrying(ctx, func() (err error) {
			r, err = p.gateway.Record(ctx, id)
			return err
		})
		if err != nil {
			return err
		}
		if slices.Contains(settled, r.Status) {
			if r.Status == "refused" {
				return failed(fmt.Errorf("record %s was refused by the mesh", id), "its device is not enrolled, see 'floormesh init --devices'")
			}
			return nil
		}
		if !pause(ctx, pollEvery) {
			return ctx.Err()
		}
	}
}
