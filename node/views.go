package node

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/merkle"
	"github.com/floormesh/floormesh/dag/proof"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/node/disk"
)

// Record implements Gateway.
func (n *Node) Record(id dag.RecordID) (*RecordView, error) {
	e, err := n.entry(id)
	if err != nil {
		return nil, err
	}
	return n.view(e), nil
}

// entry finds a record that may be told of.
func (n *Node) entry(id dag.RecordID) (*disk.Entry, error) {
	e, err := n.disk.Record(id)
	if err != nil {
		return nil, readError(err)
	}
	if !n.tellable(e) {
		return nil, ErrNotFound
	}
	return e, nil
}

// tellable reports whether people may be told of a record: it is final, or
// durable here. It takes back what execution made of it while that is not reported yet.
func (n *Node) tellable(e *disk.Entry) bool {
	if e.Executed && e.Commit > n.progress.executed() {
		e.Executed = false
	}
	return e.Executed || n.progress.isDurable(e.Position.Lane, e.Position.Seq)
}

// view describes a record to people.
func (n *Node) view(e *disk.Entry) *RecordView {
	v := &RecordView{
		ID:      e.Record.ID(),
		Status:  n.status(e),
		Device:  e.Device,
		Time:    time.UnixMilli(int64(e.Time)).UTC(),
		Format:  e.Record.Format,
		Content: e.Pack,
		Raw:     e.Record.Raw(),
		Gateway: n.nameOf(e.Gateway),
	}
	if e.Attested {
		v.AttestedBy = n.nameOf(e.Record.Signer)
	}
	if v.Status == StatusFinal {
		v.Leaf = &e.Leaf
	}
	return v
}

// status says how far a record has come.
func (n *Node) status(e *disk.Entry) RecordStatus {
	switch {
	case !e.Executed && n.progress.isReplicated(e.Position.Lane, e.Position.Seq):
		return StatusReplicated
	case !e.Executed:
		return StatusStored
	}
	switch e.Fate {
	case store.Accepted:
		return StatusFinal
	case store.Duplicate:
		return StatusDuplicate
	case store.Refused, store.Frozen:
	}
	return StatusRefused
}

// nameOf returns a gateway's name, "" if the key is of none.
func (n *Node) nameOf(key dag.PublicKey) string { return n.names[key] }

// Records implements Gateway.
func (n *Node) Records(q Query) (*Page, error) {
	limit := cmp.Or(q.Limit, defaultPage)
	if limit < 1 || limit > disk.MaxPageRecords {
		return nil, fmt.Errorf("%w: limit %d, want 1 to %d", ErrQuery, q.Limit, disk.MaxPageRecords)
	}
	entries, next, err := n.disk.Records(disk.Query{
		Device: q.Device, From: claimed(q.From), To: claimed(q.To), Limit: limit, Cursor: q.Cursor,
	})
	if err != nil {
		return nil, readError(err)
	}
	page := &Page{Records: make([]RecordView, 0, len(entries)), Next: next}
	for _, e := range entries {
		if !n.tellable(e) {
			// What is durable comes before it: the next page begins here. There
			// is no cursor for this place, but asking again in a moment gives one.
			page.Next = ""
			break
		}
		page.Records = append(page.Records, *n.view(e))
	}
	return page, nil
}

// claimed turns a bound on times into the disk's, zero for none.
func claimed(t time.Time) dag.UnixMilli {
	if t.IsZero() {
		return 0
	}
	// Before 1970 nothing can have been claimed; 0 would mean no bound.
	return min(max(dag.UnixMilli(t.UnixMilli()), 1), math.MaxInt64)
}

// Proof implements Gateway.
func (n *Node) Proof(id dag.RecordID) ([]byte, error) {
	e, err := n.entry(id)
	if err != nil {
		return nil, err
	}
	if e.Executed && (e.Fate == store.Refused || e.Fate == store.Frozen) {
		return nil, fmt.Errorf("%w: record %s was refused and is not in the log", ErrNotFound, id)
	}
	certified := n.progress.certifiedCheckpoint()
	if !e.Executed || certified == nil || uint64(e.Leaf) >= certified.Size {
		return nil, ErrNotCertified
	}
	record := e.Record
	if e.Fate == store.Duplicate {
		if record, err = n.recordAt(e.Leaf); err != nil {
			return nil, err
		}
	}
	path, err := n.disk.InclusionProof(e.Leaf, certified.Size)
	if err != nil {
		return nil, readError(err)
	}
	return proof.Build(n.home.genesis, record, e.Leaf, path, certified).Encode(), nil
}

// recordAt returns the record whose leaf is at an index.
func (n *Node) recordAt(leaf dag.LeafIndex) (*dag.Record, error) {
	id, err := n.idAt(leaf)
	if err != nil {
		return nil, err
	}
	e, err := n.disk.Record(id)
	if err != nil {
		return nil, readError(err)
	}
	return e.Record, nil
}

// idAt returns the id of the record whose leaf is at an index.
func (n *Node) idAt(leaf dag.LeafIndex) (dag.RecordID, error) {
	leaves, err := n.disk.Leaves(leaf, 1)
	if err != nil {
		return dag.RecordID{}, readError(err)
	}
	if len(leaves) == 0 || leaves[0].Index != leaf || leaves[0].Record.IsZero() {
		return dag.RecordID{}, fmt.Errorf("%w: leaf %d is no record's", ErrNotFound, leaf)
	}
	return leaves[0].Record, nil
}

// Checkpoint implements Gateway.
func (n *Node) Checkpoint() ([]byte, error) {
	c := n.progress.certifiedCheckpoint()
	if c == nil {
		return nil, ErrNotCertified
	}
	return c.Note(n.domain.Members), nil
}

// Tile implements Gateway.
func (n *Node) Tile(path string) ([]byte, error) {
	t, err := merkle.ParseTilePath("tile/" + path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	if size, _ := n.progress.log(); !t.In(size) {
		return nil, ErrNotFound
	}
	var content []byte
	if t.Entries {
		content, err = n.disk.Entries(t.Index, t.Width)
	} else {
		content, err = n.disk.Tile(t.Level, t.Index, t.Width)
	}
	if err != nil {
		return nil, readError(err)
	}
	return content, nil
}

// Status implements Gateway.
func (n *Node) Status() Status {
	g := n.home.genesis
	s := Status{
		Mesh: g.Mesh, Site: g.Site, Name: n.home.config.Name,
		MeshID: n.domain.Mesh, Key: n.home.node.Public(),
		Accepted: n.count.accepted.Load(),
		Healthy:  true,
	}
	n.progress.fill(&s)
	connected := n.links.connected()
	for i := range g.Gateways {
		if i == n.home.self {
			continue
		}
		gw := &g.Gateways[i]
		p := PeerStatus{Name: gw.Name, Key: gw.Node, Connected: slices.Contains(connected, gw.Node)}
		if author, member := n.founding.Author(gw.Node); member {
			p.Round = n.progress.round(author)
		}
		s.Peers = append(s.Peers, p)
	}
	if err := n.stopped(); err != nil {
		s.Healthy, s.Problem = false, advice(err)
	}
	return s
}

// advice says what to do about what stopped a node.
func advice(err error) string {
	switch {
	case errors.Is(err, disk.ErrFull):
		return err.Error() + "; free some space and restart the gateway: nothing that was acknowledged is lost"
	case errors.Is(err, store.ErrCorrupt):
		return err.Error() + "; check the disk; do not start this gateway from an older copy of its data"
	case errors.Is(err, errClosing):
		return err.Error()
	default:
		return err.Error() + "; check the disk and restart the gateway: nothing that was acknowledged is lost"
	}
}

// readError gives the disk's errors the names that this package's callers know.
func readError(err error) error {
	switch {
	case errors.Is(err, disk.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, disk.ErrCursor):
		return fmt.Errorf("%w: %w", ErrQuery, err)
	case errors.Is(err, disk.ErrClosed):
		return fmt.Errorf("%w: %w", ErrStopped, err)
	default:
		return fmt.Errorf("read ledger: %w", err)
	}
}
