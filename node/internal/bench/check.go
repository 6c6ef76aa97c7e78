package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"

	"github.com/floormesh/floormesh/node/internal/client"
	"github.com/floormesh/floormesh/node/internal/fleet"
)

// check compares the logs and counts every record in one of them.
func (r *run) check(ctx context.Context) error {
	agree, err := r.compareLogs(ctx)
	if err != nil {
		r.Say("%v", err) // the logs do not agree, which is a result
	}
	r.result.LogsAgree = agree
	times, err := r.countRecords(ctx, r.fleet.Gateways[0])
	if err != nil {
		return fmt.Errorf("read the log of %s: %w", r.fleet.Gateways[0].Name, err)
	}
	for i := range r.due {
		if r.sender.accepted[i].Load() != 0 && times[i] != 1 {
			r.result.Lost++
		}
	}
	return nil
}

// compareLogs waits until every gateway has certified the whole of its log and
// reports whether all have certified the same one: its root says every leaf.
func (r *run) compareLogs(ctx context.Context) (agree bool, err error) {
	err = r.poll(ctx, "the gateways have not certified one log", func() (bool, error) {
		var first []byte
		for i, g := range r.fleet.Gateways {
			note, err := certified(ctx, g)
			if err != nil {
				return false, err
			}
			if i > 0 && !bytes.Equal(note, first) {
				return false, fmt.Errorf("%s has %q, %s has %q", r.fleet.Gateways[0].Name, first, g.Name, note)
			}
			first = note
		}
		return true, nil
	})
	return err == nil, err
}

// certified returns the text of a gateway's newest checkpoint, without the
// cosignatures, if it covers the gateway's whole log.
func certified(ctx context.Context, g *fleet.Gateway) ([]byte, error) {
	c := client.New(g.Ready().HTTP)
	defer c.Close()
	st, err := c.Status(ctx)
	if err != nil {
		return nil, err
	}
	if st.CertifiedSize != st.LogSize {
		return nil, fmt.Errorf("%s has certified %d of %d leaves", g.Name, st.CertifiedSize, st.LogSize)
	}
	note, err := c.Checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	text, _, _ := bytes.Cut(note, []byte("\n\n"))
	return text, nil
}

// countRecords reads a gateway's log and returns how often it has each record.
func (r *run) countRecords(ctx context.Context, g *fleet.Gateway) ([]uint8, error) {
	times := make([]uint8, r.load.count())
	st, err := statusOf(ctx, g)
	if err != nil || st.Final == 0 {
		return times, err
	}
	c := client.New(g.Ready().HTTP)
	defer c.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	body, err := c.OpenEvents(ctx, 0)
	if err != nil {
		return nil, err
	}
	defer body.Close() //nolint:errcheck // read only
	in := bufio.NewReaderSize(body, streamBufferBytes)
	for records := uint64(0); records < st.Final; {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		key, ok := eventOf(line)
		if !ok {
			continue
		}
		records++
		if i, ours := r.load.index[key]; ours && times[i] < 255 {
			times[i]++
		}
	}
	return times, nil
}
