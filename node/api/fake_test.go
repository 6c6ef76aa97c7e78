package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
	"github.com/floormesh/floormesh/node"
)

// fakeGateway keeps records in memory; each becomes final when asked to.
type fakeGateway struct {
	mu      sync.Mutex
	changed *sync.Cond
	mesh    dag.MeshID
	key     dag.PrivateKey
	order   []dag.RecordID
	views   map[dag.RecordID]*node.RecordView
	log     []node.Event

	refuse    error // of every submission
	fail      error // of every lookup
	failEvent error // at the end of the log
	unhealthy string
	certified bool
	hang      bool // submissions wait for their context
	classes   []dag.LaneNumber
}

func newFake() *fakeGateway {
	f := &fakeGateway{
		mesh:  dag.MeshID{1, 2, 3},
		key:   dag.NewPrivateKey([32]byte{7}),
		views: map[dag.RecordID]*node.RecordView{},
	}
	f.changed = sync.NewCond(&f.mu)
	return f
}

// when is a fixed time that readings of the tests claim.
func when() time.Time { return time.UnixMilli(1_700_000_000_000).UTC() }

// sign makes a signed reading; another n makes another one.
func (f *fakeGateway) sign(n int) []byte {
	payload, err := senml.Reading("press-7", "oil", "Cel", float64(n), dag.UnixMilli(when().UnixMilli())).EncodeCBOR()
	if err != nil {
		panic(err)
	}
	r, err := dag.SignRecord(f.mesh, dag.NewPrivateKey([32]byte{9}), dag.FormatSenMLCBOR, payload)
	if err != nil {
		panic(err)
	}
	return r.Raw()
}

func (f *fakeGateway) Submit(ctx context.Context, class dag.LaneNumber, raw [][]byte) []node.Receipt {
	out := make([]node.Receipt, len(raw))
	for i := range raw {
		out[i] = f.accept(ctx, class, raw[i], "")
	}
	return out
}

func (f *fakeGateway) Attest(ctx context.Context, class dag.LaneNumber, packs []senml.Pack) []node.Receipt {
	out := make([]node.Receipt, len(packs))
	for i := range packs {
		payload, err := packs[i].EncodeCBOR()
		if err != nil {
			out[i].Err = err
			continue
		}
		r, err := dag.SignRecord(f.mesh, f.key, dag.FormatSenMLCBOR, payload)
		if err != nil {
			out[i].Err = err
			continue
		}
		out[i] = f.accept(ctx, class, r.Raw(), "gw1")
	}
	return out
}

func (f *fakeGateway) accept(ctx context.Context, class dag.LaneNumber, raw []byte, attestedBy string) node.Receipt {
	if f.hang {
		<-ctx.Done()
		return node.Receipt{Err: ctx.Err()}
	}
	if f.refuse != nil {
		return node.Receipt{Err: f.refuse}
	}
	r, err := dag.DecodeRecord(f.mesh, raw)
	if err != nil {
		return node.Receipt{Err: err}
	}
	_, errs := dag.Verify(dag.NewVerifier(&dag.Domain{Mesh: f.mesh}, rand.Reader), []*dag.Record{r})
	if errs[0] != nil {
		return node.Receipt{Err: errs[0]}
	}
	v := &node.RecordView{
		ID: r.ID(), Status: node.StatusStored, Device: r.Signer.String(), Time: when(),
		Format: r.Format, Raw: raw, Gateway: "gw1", AttestedBy: attestedBy,
	}
	if p, err := senml.ParseCBOR(r.Payload); err == nil {
		if v.Content, err = p.Resolve(dag.UnixMilli(when().UnixMilli())); err != nil {
			return node.Receipt{Err: err}
		}
		if attestedBy != "" {
			v.Device = p.Device()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.classes = append(f.classes, class)
	if _, ok := f.views[v.ID]; ok {
		return node.Receipt{ID: v.ID, Known: true}
	}
	f.views[v.ID] = v
	f.order = append(f.order, v.ID)
	return node.Receipt{ID: v.ID}
}

// finalise puts every stored record into the log, and a commit after them.
func (f *fakeGateway) finalise() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range f.order {
		if v := f.views[id]; v.Status == node.StatusStored {
			v.Status = node.StatusFinal
			v.Leaf = new(dag.LeafIndex(len(f.log)))
			f.log = append(f.log, node.Event{Leaf: *v.Leaf, Record: id, Commit: 1, Device: v.Device, Final: when()})
		}
	}
	f.log = append(f.log, node.Event{Leaf: dag.LeafIndex(len(f.log)), Commit: 1, Final: when()})
	f.changed.Broadcast()
}

func (f *fakeGateway) Record(id dag.RecordID) (*node.RecordView, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return nil, f.fail
	}
	v, ok := f.views[id]
	if !ok {
		return nil, node.ErrNotFound
	}
	return new(*v), nil
}

func (f *fakeGateway) Records(q node.Query) (*node.Page, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return nil, f.fail
	}
	start := 0
	if q.Cursor != "" {
		n, err := strconv.Atoi(q.Cursor)
		if err != nil {
			return nil, fmt.Errorf("%w: no such cursor", node.ErrQuery)
		}
		start = n
	}
	p := &node.Page{}
	for i := start; i < len(f.order); i++ {
		v := f.views[f.order[i]]
		if q.Device != "" && v.Device != q.Device ||
			!q.From.IsZero() && v.Time.Before(q.From) || !q.To.IsZero() && !v.Time.Before(q.To) {
			continue
		}
		if q.Limit > 0 && len(p.Records) == q.Limit {
			p.Next = strconv.Itoa(i)
			break
		}
		p.Records = append(p.Records, *v)
	}
	return p, nil
}

func (f *fakeGateway) Proof(id dag.RecordID) ([]byte, error) {
	v, err := f.Record(id)
	if err != nil {
		return nil, err
	}
	if !f.certified || v.Leaf == nil {
		return nil, node.ErrNotCertified
	}
	return []byte("c2sp.org/tlog-proof@v1\n"), nil
}

func (f *fakeGateway) Status() node.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	return node.Status{
		Mesh: "plant", Site: "hall-1", Name: "gw1", MeshID: f.mesh, Key: f.key.Public(),
		Accepted: uint64(len(f.order)), LogSize: uint64(len(f.log)),
		Peers: []node.PeerStatus{{Name: "gw2", Connected: true, Round: 4}}, Alarms: nil,
		Healthy: f.unhealthy == "", Problem: f.unhealthy,
	}
}

func (f *fakeGateway) Events(ctx context.Context, from dag.LeafIndex) iter.Seq2[[]node.Event, error] {
	return func(yield func([]node.Event, error) bool) {
		stop := context.AfterFunc(ctx, func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.changed.Broadcast()
		})
		defer stop()
		for {
			f.mu.Lock()
			for uint64(len(f.log)) <= uint64(from) && ctx.Err() == nil && f.failEvent == nil {
				f.changed.Wait()
			}
			var fresh []node.Event
			if uint64(from) < uint64(len(f.log)) {
				fresh = slices.Clone(f.log[from:])
			}
			fail := f.failEvent
			f.mu.Unlock()
			if ctx.Err() != nil {
				return
			}
			for run := range slices.Chunk(fresh, 256) {
				if !yield(run, nil) {
					return
				}
			}
			from += dag.LeafIndex(len(fresh))
			if fail != nil {
				yield(nil, fail)
				return
			}
		}
	}
}

func (f *fakeGateway) Checkpoint() ([]byte, error) {
	if !f.certified {
		return nil, node.ErrNotCertified
	}
	return []byte(fmt.Sprintf("plant/hall-1\n%d\n", len(f.log))), nil
}

func (f *fakeGateway) Tile(path string) ([]byte, error) {
	if f.fail != nil {
		return nil, f.fail
	}
	if path != "0/000.p/1" {
		return nil, node.ErrNotFound
	}
	return make([]byte, 32), nil
}
