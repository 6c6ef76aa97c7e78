// Package dagtest makes the things of package dag for the tests of every
// package: keys from fixed seeds, a genesis, records, batches, and whole DAGs
// from pictures.
//
// Everything is a pure function of its arguments, so that a failing test prints
// the same ids on every machine. None of these keys may guard anything real.
//
// # Pictures
//
// A picture is a list of statements separated by semicolons or line breaks;
// # begins a comment. A statement makes one block or several alike:
//
//	a1 b1 c1 d1 <-
//	a2 b2 c2 <- *
//	a3 <- a2 b2 c2; a3'@3500 <- a2 b2 d1
//
// A block is named by its author, a letter from a, and its round. Primes name
// further blocks of the same author and round (an equivocation). @ gives the
// block's clock reading in milliseconds; without it, it is 1000 for each round
// and 1 for each prime. After the arrow stand the parents, which must have been
// made before; they are put into the order the protocol asks for, the author's
// own first, then the others by author. An asterisk stands for the newest own
// block and every unprimed block of the round before made so far.
//
// A picture does not judge: blocks may have too few parents, or parents of any
// round, which tests of the rules need.
package dagtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/floormesh/floormesh/dag"
)

// Key returns the private key number i of a kind, such as "device".
func Key(kind string, i int) dag.PrivateKey {
	return dag.NewPrivateKey(sha256.Sum256(fmt.Appendf(nil, "floormesh/dagtest/%s/%d", kind, i)))
}

// Keys returns the member keys of the first n gateways.
func Keys(n int) []dag.PrivateKey { return keys("member", n) }

// DeviceKey returns the key of device i.
func DeviceKey(i int) dag.PrivateKey { return Key("device", i) }

func keys(kind string, n int) []dag.PrivateKey {
	out := make([]dag.PrivateKey, n)
	for i := range out {
		out[i] = Key(kind, i)
	}
	return out
}

// Genesis returns the mesh "test" of site "plant" with gateways gw1…gwn, any
// device allowed, and the gateways' node and member keys.
func Genesis(n int) (g *dag.Genesis, nodes, members []dag.PrivateKey) {
	nodes, members = keys("node", n), Keys(n)
	d := dag.DefaultGenesis()
	d.Mesh, d.Site, d.Created = "test", "plant", 1_700_000_000_000
	for i := range n {
		d.Gateways = append(d.Gateways, dag.Gateway{
			Name: fmt.Sprintf("gw%d", i+1), Node: nodes[i].Public(), Member: members[i].Public(),
		})
	}
	return &d, nodes, members
}

// payloadBytes makes a record of some 200 bytes, as one reading has.
const payloadBytes = 80

// Reading returns a record of about 200 bytes signed by key. Its payload has the
// look of a reading, not its meaning; another i gives another one.
func Reading(mesh dag.MeshID, key dag.PrivateKey, i int) *dag.Record {
	payload := bytes.Repeat([]byte{0xa5}, payloadBytes)
	binary.BigEndian.PutUint64(payload, uint64(i))
	r, err := dag.SignRecord(mesh, key, dag.FormatSenMLCBOR, payload)
	if err != nil {
		panic(err)
	}
	return r
}

// Lane returns a lane of batches of the given sizes, chained and signed by
// node, whose readings come from device 0 and are numbered on from first.
func Lane(tb testing.TB, g *dag.Genesis, node dag.PrivateKey, number dag.LaneNumber, first int, sizes ...int) []*dag.Batch {
	tb.Helper()
	var (
		out  []*dag.Batch
		prev dag.BatchID
	)
	for i, size := range sizes {
		records := make([]*dag.Record, size)
		for k := range records {
			records[k] = Reading(g.ID(), DeviceKey(0), first)
			first++
		}
		b, err := dag.SignBatch(dag.BatchHeader{
			Ledger:    g.Ledger(),
			Lane:      dag.LaneID{Key: node.Public(), Number: number},
			Seq:       dag.Seq(i + 1),
			Prev:      prev,
			ClaimedAt: g.Created + dag.UnixMilli(i),
		}, records, node)
		if err != nil {
			tb.Fatalf("batch %d: %v", i, err)
		}
		out, prev = append(out, b), b.ID()
	}
	return out
}

// Random returns an endless stream of bytes that depends on seed alone, for
// dag.NewVerifier.
func Random(seed uint64) io.Reader {
	var key [32]byte
	binary.BigEndian.PutUint64(key[:], seed)
	return rand.NewChaCha8(key)
}

// Verify returns items verified in domain d; a bad one fails the test.
func Verify[T dag.Signed](tb testing.TB, d *dag.Domain, items ...T) []dag.Verified[T] {
	tb.Helper()
	good, errs := dag.Verify(dag.NewVerifier(d, Random(1)), items)
	for i, err := range errs {
		if err != nil {
			tb.Fatalf("item %d: %v", i, err)
		}
	}
	return good
}
