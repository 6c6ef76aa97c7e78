package fetch_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floormesh/floormesh/sync/fetch"
)

const ms = int64(time.Millisecond)

func newTracker() *fetch.Tracker[string, string] {
	return fetch.New[string, string](100*time.Millisecond, rand.New(rand.NewPCG(1, 2)))
}

func TestAsksTheReferrerFirstThenOthers(t *testing.T) {
	f := newTracker()
	f.Want("a", "gw2", fetch.Certain, 5*ms)
	f.Want("b", "gw2", fetch.Certain, 5*ms)
	if got := f.Due(4*ms, []string{"gw1", "gw2"}); got != nil {
		t.Errorf("Due before its time = %v, want nothing", got)
	}
	got := f.Due(5*ms, []string{"gw1", "gw2"})
	want := []fetch.Request[string, string]{{Peer: "gw2", Keys: []string{"a", "b"}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("first request (-want +got):\n%s", d)
	}
	if got, want := f.Next(), 105*ms; got != want {
		t.Errorf("Next = %d, want %d", got, want)
	}
	f.Have("a")
	got = f.Due(105*ms, []string{"gw1"})
	want = []fetch.Request[string, string]{{Peer: "gw1", Keys: []string{"b"}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("second request (-want +got):\n%s", d)
	}
	if got, want := f.Next(), 305*ms; got != want {
		t.Errorf("Next after the second request = %d, want %d: delays double", got, want)
	}
}

// TestASoonerReferenceIsFollowed: what was to be asked for later is wanted at once.
func TestASoonerReferenceIsFollowed(t *testing.T) {
	f := newTracker()
	f.Want("a", "gw1", fetch.Perhaps, 500*ms)
	f.Want("a", "gw2", fetch.Certain, 5*ms)
	if got, want := f.Next(), 5*ms; got != want {
		t.Errorf("Next = %d, want %d", got, want)
	}
	want := []fetch.Request[string, string]{{Peer: "gw2", Keys: []string{"a"}}}
	if d := cmp.Diff(want, f.Due(5*ms, []string{"gw1", "gw2"})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestAsksEveryHolder has one peer that really has a thing among liars that say
// so and many that do not.
func TestAsksEveryHolder(t *testing.T) {
	f := newTracker()
	peers := []string{"gw1", "gw2", "gw3", "gw4", "gw5", "gw6", "gw7", "gw8", "gw9"}
	for _, holder := range []string{"gw1", "gw5", "gw2", "gw5", "away"} {
		f.Want("a", holder, fetch.Perhaps, 0)
	}
	f.Want("a", "owner", fetch.Certain, 0)
	asked := map[string]int64{}
	for now := int64(0); now < int64(time.Second); now = f.Next() {
		for _, r := range f.Due(now, peers) {
			if _, before := asked[r.Peer]; !before {
				asked[r.Peer] = now
			}
		}
	}
	for _, holder := range []string{"gw1", "gw2", "gw5"} {
		if at, ok := asked[holder]; !ok || at > 400*ms {
			t.Errorf("%s was asked at %d (%t), want within the first five requests", holder, at/ms, ok)
		}
	}
	for i := range 40 {
		f.Want("b", fmt.Sprint(i), fetch.Perhaps, 0)
	}
	if got := f.Due(f.Next(), []string{"39"}); len(got) != 1 || got[0].Peer != "39" {
		t.Errorf("of many holders %v was asked, want the newest", got)
	}
}

func TestGivesUpOnlyWhatMayNotExist(t *testing.T) {
	f := newTracker()
	f.Want("rumour", "gw1", fetch.Perhaps, 0)
	f.Want("fact", "gw1", fetch.Certain, 0)
	for now := int64(0); now < int64(time.Minute); now = f.Next() {
		f.Due(now, []string{"gw1"})
	}
	if f.Wants("rumour") {
		t.Error("a thing that may not exist is still asked for after a minute")
	}
	if !f.Wants("fact") {
		t.Error("a thing that must exist was given up")
	}
}

func TestALiarCrowdsOutNobody(t *testing.T) {
	f := newTracker()
	for i := range fetch.MaxRumours {
		f.Want(fmt.Sprint(i), "liar", fetch.Perhaps, 0)
	}
	if f.Want("one more", "liar", fetch.Perhaps, 0) {
		t.Error("a liar's word was taken once too often")
	}
	if !f.Want("another", "gw1", fetch.Perhaps, 0) {
		t.Error("a liar crowds out another's word")
	}
	if !f.Want("one more", "liar", fetch.Certain, 0) || !f.Certain("one more") {
		t.Error("rumours crowd out what is certain")
	}
	for _, r := range f.Due(0, []string{"gw1"}) {
		if len(r.Keys) > fetch.MaxPerRequest {
			t.Errorf("a request names %d things, want at most %d", len(r.Keys), fetch.MaxPerRequest)
		}
	}
}

// TestALiarDoesNotInherit has a liar refer to what another's word put on the
// list: that it counts as the liar's then must not let the liar in further.
func TestALiarDoesNotInherit(t *testing.T) {
	f := newTracker()
	f.Want("true", "gw1", fetch.Perhaps, 0)
	f.Due(0, []string{"gw1"})
	for i := range fetch.MaxRumours {
		f.Want(fmt.Sprint(i), "liar", fetch.Perhaps, 0)
	}
	f.Want("true", "liar", fetch.Perhaps, 0)
	f.Have("0")
	if !f.Want("one", "liar", fetch.Perhaps, 0) || f.Want("two", "liar", fetch.Perhaps, 0) {
		t.Error("what arrived makes room for exactly one more")
	}
	f.Have("true")
	for i := range fetch.MaxRumours {
		f.Have(fmt.Sprint(i))
	}
	f.Have("one")
	if got := f.Len(); got != 0 {
		t.Errorf("Len = %d after everything arrived, want 0", got)
	}
}

func TestWithoutPeersEverythingWaits(t *testing.T) {
	f := newTracker()
	f.Want("a", "gw1", fetch.Perhaps, 0)
	if got := f.Due(0, nil); got != nil {
		t.Fatalf("Due without peers = %v", got)
	}
	if got := f.Next(); got != fetch.Never {
		t.Errorf("Next without peers = %d, want never: a lonely node sleeps", got)
	}
	f.Retry(int64(time.Hour))
	if got := f.Due(int64(time.Hour), []string{"gw1"}); len(got) != 1 {
		t.Errorf("Due when a peer is back = %v, want one request", got)
	}
}

func TestWhoRefersToAThingIsAskedNext(t *testing.T) {
	f := newTracker()
	f.Want("a", "gw1", fetch.Perhaps, 0)
	for now := int64(0); now < int64(10*time.Second); now = f.Next() {
		f.Due(now, []string{"gw1"})
	}
	now := f.Next() - int64(time.Second)
	f.Want("a", "gw2", fetch.Perhaps, now)
	got := f.Due(now, []string{"gw1", "gw2"})
	want := []fetch.Request[string, string]{{Peer: "gw2", Keys: []string{"a"}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("request (-want +got):\n%s", d)
	}
	f.Want("a", "gw1", fetch.Perhaps, now+1)
	if got, want := f.Next(), now+100*ms; got != want {
		t.Errorf("Next = %d, want %d: nobody is asked twice within the retry", got, want)
	}
}
