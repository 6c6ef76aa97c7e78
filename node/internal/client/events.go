package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strconv"
	"time"

	"github.com/floormesh/floormesh/dag"
)

// FromEnd starts Events at the next leaf to come.
const FromEnd = ^uint64(0)

// Event is one record as it became final.
type Event struct {
	ID     dag.RecordID `json:"id"`
	Device string       `json:"device"`
	Leaf   uint64       `json:"leaf"`
	Commit uint64       `json:"commit"`
	Final  time.Time    `json:"final"`
}

// Events yields the log's records from a leaf on as they become final, over one
// connection, until ctx is done. An error is the last thing it yields;
// go on with the leaf after the last event's, at this gateway or another.
// opened, if not nil, is called once the gateway listens to this stream.
func (c *Client) Events(ctx context.Context, from uint64, opened func()) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		err := c.stream(ctx, from, opened, func(e Event) bool { return yield(e, nil) })
		if err != nil && ctx.Err() == nil {
			yield(Event{}, err)
		}
	}
}

// stream calls take for every event until it returns false.
func (c *Client) stream(ctx context.Context, from uint64, opened func(), take func(Event) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	body, err := c.OpenEvents(ctx, from)
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // nothing to do about it after reading
	if opened != nil {
		opened()
	}
	quiet := time.AfterFunc(quietTimeout, cancel) // a gateway that hangs sends no comments
	defer quiet.Stop()

	lines := bufio.NewScanner(body)
	lines.Buffer(nil, maxEventBytes)
	name := ""
	for lines.Scan() {
		quiet.Reset(quietTimeout)
		field, value, _ := bytes.Cut(lines.Bytes(), []byte(": "))
		switch string(field) {
		case "event":
			name = string(value)
		case "data":
			if name == "problem" {
				return streamProblem(value)
			}
			e := Event{}
			if err := json.Unmarshal(value, &e); err != nil {
				return fmt.Errorf("read event of %s: %w", c.base, err)
			}
			if name == "" && !take(e) {
				return nil
			}
		case "":
			name = ""
		}
	}
	if err := lines.Err(); err != nil {
		return &UnreachableError{c.base, err}
	}
	return &UnreachableError{c.base, io.ErrUnexpectedEOF}
}

func streamProblem(text []byte) error {
	p := &ProblemError{Title: "the gateway cannot read its log"}
	_ = json.Unmarshal(text, p) // the title will do
	return p
}

// OpenEvents opens an event stream and returns it as it comes. The caller closes it.
func (c *Client) OpenEvents(ctx context.Context, from uint64) (io.ReadCloser, error) {
	start := "end"
	if from != FromEnd {
		start = strconv.FormatUint(from, 10)
	}
	response, err := c.send(ctx, http.MethodGet, "/v1/events?from="+start, "", nil)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		defer response.Body.Close() //nolint:errcheck // nothing to do about it after reading
		return nil, problem(response)
	}
	return response.Body, nil
}
