package p2p

import (
	"crypto/rand"
	"slices"
	"testing"

	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/node/verify"
	"github.com/floormesh/floormesh/sync/message"
)

// shut is a source of randomness that gives none until it is opened: who
// verifies many signatures waits.
type shut struct{ opened chan struct{} }

func (s shut) Read(p []byte) (int, error) {
	<-s.opened
	return rand.Read(p)
}

func TestWhatIsSmallDoesNotWaitForThePool(t *testing.T) {
	g, keys, _ := dagtest.Genesis(2)
	random := shut{make(chan struct{})}
	a := &node{inbox: newInbox(), pool: verify.NewPool(g.Domain(), 1, random)}
	var err error
	if a.Transport, err = New(Config{Key: keys[0], Genesis: g}, a.pool, a.inbox, testLog("a")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.stop)
	t.Cleanup(func() { close(random.opened) }) // before a stops

	all := slices.Repeat(batches(t, g, 0, 1000).Batches, verify.MaxQueued/1000+1)
	if _, err := a.pool.Start(t.Context(), &message.Batches{Batches: all}); err != nil {
		t.Fatal(err)
	}
	s := openStream(t, intruder(t, keys[1], a), a)
	if err := a.hello.greet(s); err != nil {
		t.Fatal(err)
	}
	var together []byte
	for _, m := range []message.Message{tips(1), batches(t, g, 0, maxJointSignatures)} {
		together = append(together, frame(append([]byte{packPlain}, message.Encode(nil, m)...))...)
	}
	if _, err := s.Write(together); err != nil {
		t.Fatal(err)
	}
	if m := next(t, a.messages, "tips").m; message.Name(m) != message.Name(tips(1)) {
		t.Errorf("got %s", message.Name(m))
	}
}
