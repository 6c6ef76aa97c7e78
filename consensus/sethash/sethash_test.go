package sethash

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/floormesh/floormesh/dag"
)

// naive is the digest as the package document defines it.
func naive(leaves []dag.Digest, depth int) dag.Digest {
	switch len(leaves) {
	case 0:
		return dag.Digest{}
	case 1:
		return leaves[0]
	}
	var side [2][]dag.Digest
	for _, l := range leaves {
		b := l[depth/8] >> (7 - depth%8) & 1
		side[b] = append(side[b], l)
	}
	left, right := naive(side[0], depth+1), naive(side[1], depth+1)
	return sha256.Sum256(bytes.Join([][]byte{{1}, left[:], right[:]}, nil))
}

func TestAgainstDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Set
		in := map[string]bool{}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			e := rapid.StringN(0, 2, -1).Draw(t, "element")
			if rapid.Bool().Draw(t, "add") {
				if got, want := s.Add([]byte(e)), !in[e]; got != want {
					t.Fatalf("Add(%q) = %v, want %v", e, got, want)
				}
				in[e] = true
			} else {
				if got, want := s.Remove([]byte(e)), in[e]; got != want {
					t.Fatalf("Remove(%q) = %v, want %v", e, got, want)
				}
				delete(in, e)
			}
			var leaves []dag.Digest
			for _, e := range slices.Sorted(maps.Keys(in)) {
				leaves = append(leaves, sha256.Sum256(append([]byte{0}, e...)))
			}
			if s.Len() != len(in) {
				t.Fatalf("Len = %d, want %d", s.Len(), len(in))
			}
			if rapid.Bool().Draw(t, "sum now") && s.Sum() != naive(leaves, 0) {
				t.Fatalf("the digest of %q is not as defined", slices.Sorted(maps.Keys(in)))
			}
		}
	})
}

func TestCloneIsIndependent(t *testing.T) {
	var s Set
	s.Add([]byte("a"))
	s.Add([]byte("b"))
	before, c := s.Sum(), s.Clone()
	c.Add([]byte("c"))
	c.Remove([]byte("a"))
	if s.Sum() != before || c.Sum() == before {
		t.Error("a change of the clone shows in the original")
	}
	if c.Len() != 2 || s.Len() != 2 {
		t.Errorf("lengths %d and %d, want 2 and 2", c.Len(), s.Len())
	}
}

// BenchmarkCommit changes 4 of 16 and 100 of 400 elements and takes the digest.
func BenchmarkCommit(b *testing.B) {
	for _, c := range []struct {
		name           string
		size, changing int
	}{{"4of16", 16, 4}, {"100of400", 400, 100}} {
		b.Run(c.name, func(b *testing.B) {
			var s Set
			element := func(i int, version uint64) []byte {
				e := binary.BigEndian.AppendUint64(make([]byte, 0, 84), uint64(i))
				return binary.BigEndian.AppendUint64(e, version)[:84]
			}
			for i := range c.size {
				s.Add(element(i, 0))
			}
			b.ReportAllocs()
			version := uint64(0)
			for b.Loop() {
				for i := range c.changing {
					s.Remove(element(i, version))
					s.Add(element(i, version+1))
				}
				version++
				s.Sum()
			}
		})
	}
}
