package consensus

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math/bits"

	"github.com/floormesh/floormesh/dag"
)

// ErrSet says that bytes are not the one encoding of a set of members.
var ErrSet = errors.New("malformed member set")

// Set is a set of authors. The zero Set is empty; sets are compared with ==.
//
// Authors must be below MaxMembers: a larger one panics. Whatever comes from a
// peer is checked against its committee before it gets here.
type Set [MaxMembers / 64]uint64

// Add puts a into s.
func (s *Set) Add(a dag.Author) { s[a/64] |= 1 << (a % 64) }

// Remove takes a out of s.
func (s *Set) Remove(a dag.Author) { s[a/64] &^= 1 << (a % 64) }

// Has reports whether a is in s.
func (s *Set) Has(a dag.Author) bool { return s[a/64]>>(a%64)&1 != 0 }

// Count returns how many authors are in s.
func (s *Set) Count() int { return bits.OnesCount64(s[0]) + bits.OnesCount64(s[1]) }

// Empty reports whether nobody is in s.
func (s *Set) Empty() bool { return s[0]|s[1] == 0 }

// Or returns who is in s, in o or in both.
func (s Set) Or(o Set) Set { return Set{s[0] | o[0], s[1] | o[1]} }

// And returns who is in both s and o.
func (s Set) And(o Set) Set { return Set{s[0] & o[0], s[1] & o[1]} }

// Without returns who is in s and not in o.
func (s Set) Without(o Set) Set { return Set{s[0] &^ o[0], s[1] &^ o[1]} }

// All yields the authors in s, ascending.
func (s Set) All() iter.Seq[dag.Author] {
	return func(yield func(dag.Author) bool) {
		for i, word := range s {
			for ; word != 0; word &= word - 1 {
				if !yield(dag.Author(64*i + bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}

// First returns the set of the authors below n. n is at most MaxMembers.
func First(n int) Set {
	var s Set
	for a := range n {
		s.Add(dag.Author(a))
	}
	return s
}

// Bytes returns s as a bit set over a committee of n: author i is bit i%8 of
// byte i/8. Members beyond n are left out.
func (s Set) Bytes(n int) []byte {
	var words [MaxMembers / 8]byte
	for i, word := range s.And(First(n)) {
		binary.LittleEndian.PutUint64(words[8*i:], word)
	}
	return append([]byte(nil), words[:(n+7)/8]...)
}

// ParseSet is the inverse of Bytes. It refuses another length than a committee
// of n has, and bits beyond n.
func ParseSet(b []byte, n int) (Set, error) {
	var s Set
	if n > MaxMembers || len(b) != (n+7)/8 {
		return s, fmt.Errorf("%w: %d bytes for %d members", ErrSet, len(b), n)
	}
	var words [MaxMembers / 8]byte
	copy(words[:], b)
	for i := range s {
		s[i] = binary.LittleEndian.Uint64(words[8*i:])
	}
	if beyond := s.Without(First(n)); !beyond.Empty() {
		return Set{}, fmt.Errorf("%w: a bit beyond %d members", ErrSet, n)
	}
	return s, nil
}
