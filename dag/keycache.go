package dag

import "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"

// keyCache keeps the most recently used expanded keys, good ones only. It is a
// ring of entries with an index, so that neither finding nor evicting searches.
//
// It does not use the library's cache: that one locks, keeps keys of small
// order, and allocates a list element at each hit.
type keyCache struct {
	limit int
	byKey map[PublicKey]*cachedKey
	root  cachedKey // root.next is the latest used, root.prev the next to go
}

type cachedKey struct {
	key        PublicKey
	expanded   *ed25519.ExpandedPublicKey
	prev, next *cachedKey
}

func newKeyCache(limit int) keyCache {
	return keyCache{limit: limit, byKey: make(map[PublicKey]*cachedKey)}
}

// get returns the expanded key, or nil if Check refuses it.
func (c *keyCache) get(key PublicKey) *ed25519.ExpandedPublicKey {
	if c.root.next == nil {
		c.root.next, c.root.prev = &c.root, &c.root
	}
	if e, ok := c.byKey[key]; ok {
		e.unlink()
		c.pushFront(e)
		return e.expanded
	}
	if key.Check() != nil {
		return nil
	}
	expanded, err := ed25519.NewExpandedPublicKey(key[:])
	if err != nil {
		return nil
	}
	if len(c.byKey) >= c.limit {
		oldest := c.root.prev
		oldest.unlink()
		delete(c.byKey, oldest.key)
	}
	e := &cachedKey{key: key, expanded: expanded}
	c.byKey[key] = e
	c.pushFront(e)
	return expanded
}

func (c *keyCache) pushFront(e *cachedKey) {
	e.prev, e.next = &c.root, c.root.next
	e.prev.next, e.next.prev = e, e
}

func (e *cachedKey) unlink() { e.prev.next, e.next.prev = e.next, e.prev }
