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

func TestBounded(t *testing.T) {
	f := newTracker()
	for i := range fetch.MaxWanted {
		f.Want(fmt.Sprint(i), "gw1", fetch.Certain, 0)
	}
	if f.Want("one more", "gw1", fetch.Certain, 0) {
		t.Error("a full tracker took one more")
	}
	for _, r := range f.Due(0, []string{"gw1"}) {
		if len(r.Keys) > fetch.MaxPerRequest {
			t.Errorf("a request names %d things, want at most %d", len(r.Keys), fetch.MaxPerRequest)
		}
	}
}

func TestWithoutPeersEverythingWaits(t *testing.T) {
	f := newTracker()
	f.Want("a", "gw1", fetch.Perhaps, 0)
	for now := int64(0); now < int64(time.Hour); now = f.Next() {
		if got := f.Due(now, nil); got != nil {
			t.Fatalf("Due without peers = %v", got)
		}
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
