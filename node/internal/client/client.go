package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/floormesh/floormesh/dag"
)

// Client asks one gateway. It may be used by several goroutines at once.
type Client struct {
	base string
	http *http.Client
}

// New returns a client of the gateway at a base URL such as
// "http://127.0.0.1:7411". Nothing is dialled before the first request.
func New(base string) *Client {
	return &Client{
		base: strings.TrimSuffix(base, "/"),
		http: &http.Client{Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
			MaxIdleConnsPerHost: 8,
			IdleConnTimeout:     quietTimeout,
			DisableCompression:  true, // loopback or a plant's LAN: the CPU is dearer
		}},
	}
}

// URL returns the gateway's base URL.
func (c *Client) URL() string { return c.base }

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Status is what a gateway says of itself.
type Status struct {
	Mesh          string     `json:"mesh"`
	Site          string     `json:"site"`
	Name          string     `json:"name"`
	MeshID        dag.MeshID `json:"mesh_id"`
	Key           string     `json:"key"`
	Accepted      uint64     `json:"accepted"`
	Stored        uint64     `json:"stored"`
	Replicated    uint64     `json:"replicated"`
	Final         uint64     `json:"final"`
	LogSize       uint64     `json:"log_size"`
	CertifiedSize uint64     `json:"certified_size"`
	Commit        uint64     `json:"commit"`
	Round         uint64     `json:"round"`
	Peers         []Peer     `json:"peers"`
	Alarms        []string   `json:"alarms"`
	Healthy       bool       `json:"healthy"`
	Problem       string     `json:"problem"`

	// Raw is the answer as it came.
	Raw json.RawMessage `json:"-"`
}

// Peer is a fellow gateway as the asked one sees it.
type Peer struct {
	Name      string `json:"name"`
	Key       string `json:"key"`
	Connected bool   `json:"connected"`
	Round     uint64 `json:"round"`
}

// Status asks how the gateway does.
func (c *Client) Status(ctx context.Context) (*Status, error) {
	raw, err := c.get(ctx, "/v1/status")
	if err != nil {
		return nil, err
	}
	s := &Status{Raw: bytes.TrimSpace(raw)}
	if err := json.Unmarshal(raw, s); err != nil {
		return nil, fmt.Errorf("read status of %s: %w", c.base, err)
	}
	return s, nil
}

// Record is a record as a gateway shows it. Content is left as it came.
type Record struct {
	ID         dag.RecordID    `json:"id"`
	Status     string          `json:"status"`
	Device     string          `json:"device"`
	AttestedBy *string         `json:"attested_by"`
	Time       time.Time       `json:"time"`
	Content    json.RawMessage `json:"content"`
	Gateway    string          `json:"gateway"`
	Leaf       *uint64         `json:"leaf"`

	// Raw is the record as it came.
	Raw json.RawMessage `json:"-"`
}

// Record asks for one record.
func (c *Client) Record(ctx context.Context, id dag.RecordID) (*Record, error) {
	raw, err := c.get(ctx, "/v1/records/"+id.String())
	if err != nil {
		return nil, err
	}
	return parseRecord(raw)
}

func parseRecord(raw []byte) (*Record, error) {
	r := &Record{Raw: bytes.TrimSpace(raw)}
	if err := json.Unmarshal(raw, r); err != nil {
		return nil, fmt.Errorf("read record: %w", err)
	}
	return r, nil
}

// Query selects records. Zero fields select nothing out.
type Query struct {
	Device, From, To, Cursor string
	Limit                    int
}

// Page is one page of records.
type Page struct {
	Records []*Record
	Next    string // cursor of the next page, "" on the last

	// Raw is the page as it came.
	Raw json.RawMessage
}

// Records asks for one page.
func (c *Client) Records(ctx context.Context, q Query) (*Page, error) {
	v := url.Values{}
	for name, value := range map[string]string{"device": q.Device, "from": q.From, "to": q.To, "cursor": q.Cursor} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	raw, err := c.get(ctx, "/v1/records?"+v.Encode())
	if err != nil {
		return nil, err
	}
	return parsePage(raw)
}

func parsePage(raw []byte) (*Page, error) {
	var in struct {
		Records []json.RawMessage `json:"records"`
		Next    string            `json:"next"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, fmt.Errorf("read list of records: %w", err)
	}
	page := &Page{Next: in.Next, Raw: bytes.TrimSpace(raw)}
	for _, text := range in.Records {
		r, err := parseRecord(text)
		if err != nil {
			return nil, err
		}
		page.Records = append(page.Records, r)
	}
	return page, nil
}

// Proof asks for the file that shows a record to be final.
func (c *Client) Proof(ctx context.Context, id dag.RecordID) ([]byte, error) {
	return c.get(ctx, "/v1/records/"+id.String()+"/proof")
}

// Checkpoint asks for the newest certified checkpoint, a signed note.
func (c *Client) Checkpoint(ctx context.Context) ([]byte, error) { return c.get(ctx, "/checkpoint") }

// Receipt answers one submitted record.
type Receipt struct {
	ID     dag.RecordID // zero if it was refused
	Status string       // what became of it so far
	Known  bool         // it was there already
	Err    *ProblemError
}

// UnmarshalJSON tells the two forms of an answer apart.
func (r *Receipt) UnmarshalJSON(raw []byte) error {
	var in struct {
		ID     string          `json:"id"`
		Status json.RawMessage `json:"status"` // a word, or an HTTP status
		Known  bool            `json:"known"`
		Title  string          `json:"title"`
		Detail string          `json:"detail"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return err
	}
	if in.ID == "" {
		r.Err = &ProblemError{Title: in.Title, Detail: in.Detail}
		return json.Unmarshal(in.Status, &r.Err.Status)
	}
	r.Known = in.Known
	if err := json.Unmarshal(in.Status, &r.Status); err != nil {
		return err
	}
	return r.ID.UnmarshalText([]byte(in.ID))
}

// Submit sends signed records in one request and returns one receipt for each.
// Sending the same records again is safe. At most MaxSequence.
func (c *Client) Submit(ctx context.Context, records [][]byte) ([]Receipt, error) {
	raw, err := c.do(ctx, http.MethodPost, "/v1/records", "application/cbor-seq", bytes.Join(records, nil))
	if p, ok := errors.AsType[*ProblemError](err); ok && len(p.Items) == len(records) {
		return p.Items, nil
	}
	if err != nil {
		return nil, err
	}
	var receipts []Receipt
	if err := json.Unmarshal(raw, &receipts); err != nil {
		return nil, fmt.Errorf("read answer of %s: %w", c.base, err)
	}
	if len(receipts) != len(records) {
		return nil, fmt.Errorf("%s answered %d records of %d", c.base, len(receipts), len(records))
	}
	return receipts, nil
}

// Metrics asks for the gateway's counters: the value of every sample, by its
// name with labels as it stands in the exposition.
func (c *Client) Metrics(ctx context.Context) (map[string]float64, error) {
	raw, err := c.get(ctx, "/metrics")
	if err != nil {
		return nil, err
	}
	values := make(map[string]float64)
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		at := strings.LastIndexByte(line, ' ')
		if at < 0 || line[0] == '#' {
			continue
		}
		if v, err := strconv.ParseFloat(line[at+1:], 64); err == nil {
			values[line[:at]] = v
		}
	}
	return values, nil
}

func (c *Client) get(ctx context.Context, path string) ([]byte, error) {
	return c.do(ctx, http.MethodGet, path, "", nil)
}

func (c *Client) do(ctx context.Context, method, path, contentType string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	response, err := c.send(ctx, method, path, contentType, body)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // nothing to do about it after reading
	if response.StatusCode/100 != 2 {
		return nil, problem(response)
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	if err != nil {
		return nil, &UnreachableError{c.base, err}
	}
	if len(raw) > maxAnswerBytes {
		return nil, fmt.Errorf("%s answered more than %d bytes", c.base, maxAnswerBytes)
	}
	return raw, nil
}

func (c *Client) send(ctx context.Context, method, path, contentType string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s is no gateway's URL: %w", c.base, err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := c.http.Do(request)
	if err != nil {
		if at, ok := errors.AsType[*url.Error](err); ok {
			err = at.Err // without repeating the URL
		}
		return nil, &UnreachableError{c.base, err}
	}
	return response, nil
}
