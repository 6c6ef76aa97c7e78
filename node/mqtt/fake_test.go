package mqtt

import (
	"context"
	"crypto/rand"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
	"github.com/floormesh/floormesh/node"
)

// fakeGateway keeps what it is given, once it is let go on.
type fakeGateway struct {
	node.Gateway // nil: a broker calls two methods only

	mu     sync.Mutex
	refuse error
	signed []*dag.Record
	packs  []senml.Pack
	calls  int

	arrived chan struct{} // gets a value per call, if not nil
	release chan struct{} // each call waits for one, if not nil
	forget  bool          // lose receipts
}

func (f *fakeGateway) await(ctx context.Context) error {
	if f.arrived != nil {
		f.arrived <- struct{}{}
	}
	if f.release != nil {
		select {
		case <-f.release:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	return f.refuse
}

func (f *fakeGateway) Submit(ctx context.Context, _ dag.LaneNumber, raw [][]byte) []node.Receipt {
	if f.forget {
		return nil
	}
	out := make([]node.Receipt, len(raw))
	err := f.await(ctx)
	for i := range raw {
		if out[i].Err = err; err != nil {
			continue
		}
		r, err := dag.DecodeRecord(dag.MeshID{1}, raw[i])
		if err != nil {
			out[i].Err = err
			continue
		}
		if _, errs := dag.Verify(dag.NewVerifier(&dag.Domain{Mesh: dag.MeshID{1}}, rand.Reader), []*dag.Record{r}); errs[0] != nil {
			out[i].Err = errs[0]
			continue
		}
		out[i].ID = r.ID()
		f.mu.Lock()
		for _, known := range f.signed {
			out[i].Known = out[i].Known || known.ID() == r.ID()
		}
		f.signed = append(f.signed, r)
		f.mu.Unlock()
	}
	return out
}

func (f *fakeGateway) Attest(ctx context.Context, _ dag.LaneNumber, packs []senml.Pack) []node.Receipt {
	out := make([]node.Receipt, len(packs))
	err := f.await(ctx)
	for i := range packs {
		if out[i].Err = err; err != nil {
			continue
		}
		if _, err := packs[i].EncodeCBOR(); err != nil {
			out[i].Err = err
			continue
		}
		out[i].ID = dag.RecordID{byte(i + 1)}
		f.mu.Lock()
		f.packs = append(f.packs, packs[i])
		f.mu.Unlock()
	}
	return out
}

// stored returns the names and numbers of the readings attested, in order.
func (f *fakeGateway) stored(t *testing.T) (names []string, values []float64) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.packs {
		r, err := p.Resolve(1)
		if err != nil {
			t.Fatal(err)
		}
		for i := range r {
			names, values = append(names, r[i].Name), append(values, *r[i].Value)
		}
	}
	return names, values
}

// signedReading returns a device's own record.
func signedReading(t testing.TB) []byte {
	t.Helper()
	payload, err := senml.Reading("press-7", "oil", "Cel", 61.5, 1_700_000_000_000).EncodeCBOR()
	if err != nil {
		t.Fatal(err)
	}
	r, err := dag.SignRecord(dag.MeshID{1}, dag.NewPrivateKey([32]byte{1}), dag.FormatSenMLCBOR, payload)
	if err != nil {
		t.Fatal(err)
	}
	return r.Raw()
}

// slowGateway stores whatever it is given in 5 ms.
type slowGateway struct{ node.Gateway }

func (slowGateway) Submit(_ context.Context, _ dag.LaneNumber, raw [][]byte) []node.Receipt {
	time.Sleep(5 * time.Millisecond)
	return make([]node.Receipt, len(raw))
}

// dummyConn only takes a place.
type dummyConn struct{ *byte }

func (dummyConn) Read([]byte) (int, error)         { return 0, io.EOF }
func (dummyConn) Write([]byte) (int, error)        { return 0, io.EOF }
func (dummyConn) Close() error                     { return nil }
func (dummyConn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (dummyConn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (dummyConn) SetDeadline(time.Time) error      { return nil }
func (dummyConn) SetReadDeadline(time.Time) error  { return nil }
func (dummyConn) SetWriteDeadline(time.Time) error { return nil }
