// Package fetch keeps track of what is missing here and whom to ask for it.
//
// A [Tracker] is told what is wanted and who probably has it, and when it
// arrived. Due then says which peer to ask for what: first those that referred to
// the thing, newest first, then others and them at random, after doubling delays.
// It sends nothing itself and reads no clock.
//
// # Design
//
// Entries are kept in the order in which they were wanted and visited in that
// order, so that the same inputs give the same requests; a map alone would
// not. Nothing here trusts an answer: whoever receives it checks it and says
// Have.
package fetch

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Instant is a reading of the driver's monotonic clock, in nanoseconds.
type Instant = int64

// Never is the instant of a tracker that waits for nothing.
const Never Instant = 1<<63 - 1

// Certainty says whether a wanted thing is known to exist.
type Certainty bool

// Certainties.
const (
	Perhaps Certainty = false // somebody claims it: give up after a while
	Certain Certainty = true  // it must exist: ask until it comes
)

// Tracker is the list of what is missing. The zero value is not usable; see New.
type Tracker[K comparable, P comparable] struct {
	retry   time.Duration
	rand    *rand.Rand
	wanted  map[K]*entry[K, P]
	order   []*entry[K, P] // as wanted; those gone are swept by Due
	rumours map[P]int      // wanted on a holder's word alone
	next    Instant
}

type entry[K comparable, P comparable] struct {
	key       K
	sponsor   P   // who referred to it first
	holders   []P // who referred to it, at most maxHolders, newest last
	certainty Certainty
	tries     int     // since somebody referred to it
	asked     Instant // when last
	at        Instant // when to ask next
	gone      bool
}

// New returns a tracker that asks another peer after retry.
func New[K comparable, P comparable](retry time.Duration, random *rand.Rand) *Tracker[K, P] {
	return &Tracker[K, P]{
		retry: retry, rand: random, wanted: map[K]*entry[K, P]{}, rumours: map[P]int{}, next: Never,
	}
}

// Want adds key, to be asked for from holder at the instant at or soon after.
// Wanting what is wanted already adds certainty, and has holder asked next, no
// sooner than retry after the last request: whoever refers to a thing
// probably has it by now. It reports whether the key is on the list: false
// when that has MaxRumours on this holder's word. Of what is certain the list
// takes everything; how much that is, the caller decides.
func (t *Tracker[K, P]) Want(key K, holder P, c Certainty, at Instant) bool {
	if e := t.find(key); e != nil {
		t.renew(e, holder, c, at)
		return true
	}
	if c == Perhaps && t.rumours[holder] >= MaxRumours {
		return false
	}
	e := &entry[K, P]{key: key, sponsor: holder, holders: []P{holder}, certainty: c, at: at}
	t.count(e, 1)
	t.wanted[key] = e
	t.order = append(t.order, e)
	t.next = min(t.next, at)
	return true
}

// renew follows another reference to what is wanted already.
func (t *Tracker[K, P]) renew(e *entry[K, P], holder P, c Certainty, at Instant) {
	t.count(e, -1)
	e.certainty = e.certainty || c
	t.count(e, 1)
	if i := slices.Index(e.holders, holder); i >= 0 {
		e.holders = slices.Delete(e.holders, i, i+1)
	} else if len(e.holders) == maxHolders {
		e.holders = slices.Delete(e.holders, 0, 1)
	}
	e.holders = append(e.holders, holder)
	if e.tries > 0 {
		e.tries = 0
		at = max(at, e.asked+int64(t.retry))
	}
	e.at = min(e.at, at)
	t.next = min(t.next, e.at)
}

// count adds to the number of things wanted on a holder's word.
func (t *Tracker[K, P]) count(e *entry[K, P], more int) {
	if e.certainty == Certain {
		return
	}
	if t.rumours[e.sponsor] += more; t.rumours[e.sponsor] == 0 {
		delete(t.rumours, e.sponsor)
	}
}

// find returns the entry of what is on the list, nil if it is not. Mostly nothing
// is, and then this must cost nothing: all that arrives is asked about.
func (t *Tracker[K, P]) find(key K) *entry[K, P] {
	if len(t.order) == 0 {
		return nil
	}
	return t.wanted[key]
}

// Wants reports whether key is on the list.
func (t *Tracker[K, P]) Wants(key K) bool { return t.find(key) != nil }

// Certain reports whether key is on the list, and known to exist.
func (t *Tracker[K, P]) Certain(key K) bool {
	e := t.find(key)
	return e != nil && e.certainty == Certain
}

// Len returns how many things are wanted.
func (t *Tracker[K, P]) Len() int { return len(t.wanted) }

// Have removes key: it arrived, or is not needed any more.
func (t *Tracker[K, P]) Have(key K) {
	if e := t.find(key); e != nil {
		t.remove(e)
	}
}

func (t *Tracker[K, P]) remove(e *entry[K, P]) {
	e.gone = true
	t.count(e, -1)
	delete(t.wanted, e.key)
}

// Request is what to ask one peer for, in the order wanted.
type Request[K comparable, P comparable] struct {
	Peer P
	Keys []K
}

// Next returns the instant at which Due has something to say, at the latest;
// Never if nothing is wanted, or Due found nobody to ask.
func (t *Tracker[K, P]) Next() Instant {
	if len(t.order) == 0 || len(t.wanted) == 0 {
		return Never
	}
	return t.next
}

// Due returns the requests to send now, given the peers that can be reached.
// Without any, everything waits for Retry.
func (t *Tracker[K, P]) Due(now Instant, peers []P) []Request[K, P] {
	if now < t.next {
		return nil
	}
	var requests []Request[K, P]
	kept := t.order[:0]
	t.next = Never
	alone := len(peers) == 0
	for _, e := range t.order {
		if e.gone {
			continue
		}
		if e.at <= now && !alone {
			if e.tries >= maxTries+len(e.holders)-1 && e.certainty == Perhaps {
				t.remove(e)
				continue
			}
			requests = add(requests, t.choose(e, peers), e.key)
			e.tries++
			e.asked = now
			e.at = now + int64(t.delay(e))
		}
		kept = append(kept, e)
		if !alone {
			t.next = min(t.next, e.at)
		}
	}
	clear(t.order[len(kept):])
	t.order = kept
	return requests
}

// Retry makes everything wanted due at once, as if just referred to: a peer came back.
func (t *Tracker[K, P]) Retry(now Instant) {
	for _, e := range t.order {
		e.tries, e.at = 0, min(e.at, now)
	}
	t.next = min(t.next, now)
}

// choose returns each holder once, the newest first, and then by turns anybody
// and one of them. Whoever cannot be reached is replaced by anybody.
func (t *Tracker[K, P]) choose(e *entry[K, P], peers []P) P {
	held := len(e.holders)
	holder := held - 1 - e.tries
	if e.tries >= held && held > 1 && (e.tries-held)%2 == 1 {
		holder = t.rand.IntN(held)
	}
	if holder >= 0 && slices.Contains(peers, e.holders[holder]) {
		return e.holders[holder]
	}
	return peers[t.rand.IntN(len(peers))]
}

// delay grows once every holder was asked.
func (t *Tracker[K, P]) delay(e *entry[K, P]) time.Duration {
	longest := maxBackoff
	if e.certainty == Certain {
		longest = maxCertainBackoff
	}
	return min(t.retry<<min(max(e.tries-len(e.holders), 0), 16), longest)
}

// add puts key into the open request to peer, or begins another.
func add[K comparable, P comparable](requests []Request[K, P], peer P, key K) []Request[K, P] {
	for i := len(requests) - 1; i >= 0; i-- {
		if requests[i].Peer == peer && len(requests[i].Keys) < MaxPerRequest {
			requests[i].Keys = append(requests[i].Keys, key)
			return requests
		}
	}
	return append(requests, Request[K, P]{Peer: peer, Keys: []K{key}})
}
