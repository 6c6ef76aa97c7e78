package disk

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
	"github.com/floormesh/floormesh/dag/store"
)

// ErrCursor says that a cursor is none that this store gave.
var ErrCursor = errors.New("malformed cursor")

// Entry is a record with what is known of it here.
type Entry struct {
	Record   *dag.Record
	Position store.Position
	Gateway  dag.PublicKey // that accepted it, and signed its batch
	Device   string        // see DeviceOf
	Attested bool          // signed by a gateway for its device
	Time     dag.UnixMilli // of its first measurement, or its batch's: a claim
	Pack     senml.Pack    // resolved, nil if it is not SenML

	Executed bool          // the fields below are known
	Fate     store.Fate    // Frozen also for a batch that lost to another with its seq
	Leaf     dag.LeafIndex // its own if Accepted, the first one's if Duplicate
	Commit   dag.CommitIndex
}

// Record finds a record by id, ErrNotFound. Of one that stands in several batches it
// returns the accepted place if there is one, else the first.
func (s *Store) Record(id dag.RecordID) (*Entry, error) {
	done, err := s.reading()
	if err != nil {
		return nil, err
	}
	defer done()
	key := recordKey(id)
	value, err := s.get1(key)
	if err != nil {
		return nil, err
	}
	var first *Entry
	batches, r := s.batchReader(), reader{raw: value}
	for range maxPositions {
		if len(r.raw) == 0 {
			break
		}
		arrival, item := r.uint(), r.uint()
		if r.err != nil {
			return nil, corruptf(key, r.err)
		}
		e, err := batches.entryAt(arrival, item, id)
		if err != nil {
			return nil, err
		}
		if e != nil && e.Executed && e.Fate == store.Accepted {
			return e, nil
		}
		if first == nil {
			first = e
		}
	}
	if first == nil {
		return nil, fmt.Errorf("%w: record %s", ErrNotFound, id)
	}
	return first, nil
}

// entryAt returns the record at a place, nil if it is another.
func (r *batchReader) entryAt(arrival, item uint64, id dag.RecordID) (*Entry, error) {
	b, err := r.at(arrival)
	if err != nil {
		return nil, err
	}
	if item >= uint64(len(b.Items)) {
		return nil, corruptf(recordKey(id), errValue)
	}
	if b.Items[item].ID() != id {
		return nil, nil
	}
	f, err := r.store.fatesAt(arrival, b)
	if err != nil {
		return nil, err
	}
	e := r.store.entry(b, int(item))
	e.judge(f)
	return e, nil
}

// entry describes a record but for its fate.
func (s *Store) entry(b *dag.Batch, item int) *Entry {
	r := b.Items[item]
	e := &Entry{
		Record:   r,
		Position: store.Position{Lane: b.Lane, Seq: b.Seq, Item: uint16(item)},
		Gateway:  b.Lane.Key,
		Device:   r.Signer.String(),
		Attested: s.attester[r.Signer],
		Time:     b.ClaimedAt,
	}
	pack := packOf(r)
	if device := pack.Device(); e.Attested && device != "" {
		e.Device = device
	}
	resolved, err := pack.Resolve(b.ClaimedAt)
	if len(pack) == 0 || err != nil {
		return e
	}
	e.Pack = resolved
	if t := resolved[0].Time; t != nil {
		e.Time = millis(*t)
	}
	return e
}

// millis turns seconds into a claimed time; what is out of range ends at its edge.
func millis(seconds float64) dag.UnixMilli {
	return dag.UnixMilli(min(max(math.Round(seconds*1000), 0), float64(dag.MaxUnixMilli)))
}

// judge fills in what execution made of the record; f is nil before.
func (e *Entry) judge(f *fates) {
	if f == nil {
		return
	}
	e.Executed, e.Commit = true, f.commit
	e.Fate, e.Leaf = f.of(e.Position.Item)
	if f.commit == 0 {
		e.Fate, e.Leaf = store.Frozen, 0
	}
}

// fatesAt returns what execution made of a batch, nil if it was not there yet. Of one that
// never comes, since its lane is final beyond it, the commit is 0.
func (s *Store) fatesAt(arrival uint64, b *dag.Batch) (*fates, error) {
	key := numberKey(prefixFate, arrival/fateGroup)
	// The cut first: a commit in between makes the batch look as it did before, not lost.
	cut, err := s.getUint(laneKey(prefixCut, b.Lane))
	if err != nil || dag.Seq(cut) < b.Seq {
		return nil, err
	}
	value, err := s.get1(key)
	if err != nil {
		return nil, err
	}
	f, err := decodeFates(value, arrival)
	if err != nil {
		return nil, corruptf(key, err)
	}
	if f == nil {
		f = &fates{}
	}
	return f, nil
}

// Query selects records in the order in which they were stored here.
type Query struct {
	Device   string        // as in Entry.Device; "" for all
	From, To dag.UnixMilli // claimed time, half open; To 0 for no bound
	Limit    int           // 1 … MaxPageRecords
	Cursor   string        // from the page before; "" for the start
}

// Records returns a page of records and the cursor of the next one, "" at the end. A page may be
// shorter than the limit, even empty, before the end: what one call reads is bounded. The
// cursor at the end of what is stored today is "": to follow, ask again with the last one that
// was not.
func (s *Store) Records(q Query) (page []*Entry, next string, err error) {
	done, err := s.reading()
	if err != nil {
		return nil, "", err
	}
	defer done()
	p := &pager{store: s, batches: s.batchReader(), query: q, limit: min(max(q.Limit, 1), MaxPageRecords)}
	if p.arrival, p.item, err = parseCursor(q.Cursor); err != nil {
		return nil, "", err
	}
	if q.Device == "" {
		err = p.scan(math.MaxUint64)
	} else {
		err = p.scanDevice()
	}
	if err != nil {
		return nil, "", err
	}
	if p.more {
		next = formatCursor(p.arrival, p.item)
	}
	return p.page, next, nil
}

// pager fills one page. It stands at the first record not looked at yet.
type pager struct {
	store   *Store
	batches *batchReader
	query   Query
	limit   int
	arrival uint64
	item    int
	page    []*Entry
	scanned int  // bytes
	more    bool // it stopped before the end
}

// scan looks at the batches before end, until the page is full.
func (p *pager) scan(end uint64) error {
	from := numberKey(prefixBatch, p.arrival)
	return p.store.each(from, numberKey(prefixBatch, end), func(key, value []byte) (bool, error) {
		arrival := keyNumber(key)
		if arrival != p.arrival {
			p.arrival, p.item = arrival, 0
		}
		if p.scanned > maxScanBytes {
			p.more = true
			return false, nil
		}
		p.scanned += len(value)
		b, err := p.batches.decode(key, value)
		if err != nil {
			return false, err
		}
		return p.look(b)
	})
}

// look takes what matches from one batch. It reports false when the page is full.
func (p *pager) look(b *dag.Batch) (bool, error) {
	var (
		f   *fates
		got bool
		err error
	)
	for ; p.item < len(b.Items); p.item++ {
		if !p.mayMatch(b.Items[p.item]) {
			continue
		}
		e := p.store.entry(b, p.item)
		if !p.matches(e) {
			continue
		}
		if len(p.page) == p.limit {
			p.more = true
			return false, nil
		}
		if !got {
			if f, err = p.store.fatesAt(p.arrival, b); err != nil {
				return false, err
			}
			got = true
		}
		e.judge(f)
		p.page = append(p.page, e)
	}
	p.arrival, p.item = p.arrival+1, 0
	return true, nil
}

// mayMatch saves parsing the content of records that devices signed themselves.
func (p *pager) mayMatch(r *dag.Record) bool {
	return p.query.Device == "" || p.store.attester[r.Signer] || p.query.Device == r.Signer.String()
}

func (p *pager) matches(e *Entry) bool {
	q := &p.query
	return (q.Device == "" || q.Device == e.Device) && e.Time >= q.From && (q.To == 0 || e.Time < q.To)
}

// scanDevice looks at the groups of batches that hold a record of the device.
func (p *pager) scanDevice() error {
	tag := tagOfName(p.query.Device)
	from := deviceKey(tag, p.arrival/deviceGroup)
	return p.store.each(from, after(from[:1+len(tag)]), func(key, _ []byte) (bool, error) {
		group := keyNumber(key)
		if first := group * deviceGroup; first > p.arrival {
			p.arrival, p.item = first, 0
		}
		if err := p.scan((group + 1) * deviceGroup); err != nil {
			return false, err
		}
		return !p.more, nil
	})
}

func formatCursor(arrival uint64, item int) string { return fmt.Sprintf("%x.%x", arrival, item) }

func parseCursor(cursor string) (arrival uint64, item int, err error) {
	if cursor == "" {
		return 0, 0, nil
	}
	a, i, _ := strings.Cut(cursor, ".")
	arrival, errArrival := strconv.ParseUint(a, 16, 48)
	n, errItem := strconv.ParseUint(i, 16, 16)
	if errArrival != nil || errItem != nil || formatCursor(arrival, int(n)) != cursor {
		return 0, 0, fmt.Errorf("%w: %.40q", ErrCursor, cursor)
	}
	return arrival, int(n), nil
}
