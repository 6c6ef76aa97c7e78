package oracle_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/sim/oracle"
)

// claim is a list of signatures to be checked as they are.
type claim []dag.Check

// Checks implements dag.Signed.
func (c claim) Checks(_ *dag.Domain, to []dag.Check) ([]dag.Check, error) {
	return append(to, c...), nil
}

func seed(i int) (s [32]byte) {
	binary.BigEndian.PutUint64(s[:], uint64(i))
	return s
}

// both runs a test with each scheme: neither may be softer than the other.
func both(t *testing.T, test func(t *testing.T, crypto oracle.Crypto)) {
	t.Run("oracle", func(t *testing.T) { test(t, oracle.New(1)) })
	t.Run("real", func(t *testing.T) { test(t, oracle.Real{Random: strings.NewReader(strings.Repeat("weights.", 1<<12))}) })
}

func verify[T dag.Signed](crypto oracle.Crypto, d *dag.Domain, item T) error {
	_, errs := dag.Verify(crypto.Verifier(d), []T{item})
	return errs[0]
}

// TestEveryBitCounts: a signature holds as it was made, and with no bit of it,
// of the message or of the key changed.
func TestEveryBitCounts(t *testing.T) {
	both(t, func(t *testing.T, crypto oracle.Crypto) {
		for _, length := range []int{0, 1, 8, 9, 64} {
			key := crypto.Key(seed(length))
			message := make([]byte, length)
			made := dag.Check{Key: key.Public(), Message: message, Signature: key.Sign(message)}
			if err := verify(crypto, &dag.Domain{}, claim{made}); err != nil {
				t.Fatalf("%d bytes: %v", length, err)
			}
			for bit := range 8 * (64 + 32 + length) {
				c, mask := made, byte(1)<<(bit%8)
				c.Message = append([]byte{}, message...)
				switch at := bit / 8; {
				case at < 64:
					c.Signature[at] ^= mask
				case at < 96:
					c.Key[at-64] ^= mask
				default:
					c.Message[at-96] ^= mask
				}
				if err := verify(crypto, &dag.Domain{}, claim{c}); err == nil {
					t.Errorf("%d bytes: bit %d of signature, key and message makes no difference", length, bit)
				}
			}
			c := made
			c.Message = append(c.Message, 0)
			if err := verify(crypto, &dag.Domain{}, claim{c}); !errors.Is(err, dag.ErrSignature) {
				t.Errorf("%d bytes and a zero: %v", length, err)
			}
		}
	})
}

// meshOf is a genesis of four gateways and their members' keys.
func meshOf(t testing.TB, crypto oracle.Crypto) (*dag.Genesis, []dag.PrivateKey) {
	t.Helper()
	return mesh(t, crypto, "mesh")
}

// mesh is the same with a name.
func mesh(t testing.TB, crypto oracle.Crypto, name string) (*dag.Genesis, []dag.PrivateKey) {
	t.Helper()
	g := dag.DefaultGenesis()
	g.Mesh, g.Site = name, "plant"
	var members []dag.PrivateKey
	for i := range 4 {
		node, member := crypto.Key(seed(2*i)), crypto.Key(seed(2*i+1))
		members = append(members, member)
		g.Gateways = append(g.Gateways, dag.Gateway{Name: fmt.Sprintf("gw%d", i), Node: node.Public(), Member: member.Public()})
	}
	if err := g.Validate(); err != nil {
		t.Fatalf("genesis: %v", err)
	}
	return &g, members
}

// TestForgeries: what an adversary could try with the keys that it has.
func TestForgeries(t *testing.T) {
	both(t, func(t *testing.T, crypto oracle.Crypto) {
		here, members := mesh(t, crypto, "here")
		there, _ := mesh(t, crypto, "there")
		body := dag.BlockBody{Epoch: here.Epoch(), Round: 1, Author: 0}
		if err := verify(crypto, here.Domain(), dag.SignBlock(here.Ledger(), body, members[0])); err != nil {
			t.Errorf("an honest block: %v", err)
		}
		if err := verify(crypto, here.Domain(), dag.SignBlock(here.Ledger(), body, members[1])); !errors.Is(err, dag.ErrSignature) {
			t.Errorf("author 0's block signed by member 1: %v", err)
		}
		if err := verify(crypto, here.Domain(), dag.SignBlock(there.Ledger(), body, members[0])); !errors.Is(err, dag.ErrSignature) {
			t.Errorf("a block signed for another ledger: %v", err)
		}
		altered := dag.SignBlock(here.Ledger(), body, members[0])
		raw := append([]byte{}, altered.Raw()...)
		raw[len(raw)-67] ^= 1 // the claimed time, right before the signature
		if decoded, err := dag.DecodeBlock(raw); err != nil {
			t.Errorf("an altered block does not decode: %v", err)
		} else if err := verify(crypto, here.Domain(), decoded); !errors.Is(err, dag.ErrSignature) {
			t.Errorf("an altered block: %v", err)
		}

		device := crypto.Key(seed(100))
		record, err := dag.SignRecord(here.ID(), device, dag.FormatSenMLCBOR, []byte("reading"))
		if err != nil {
			t.Fatal(err)
		}
		if err := verify(crypto, here.Domain(), record); err != nil {
			t.Errorf("an honest record: %v", err)
		}
		replayed, err := dag.DecodeRecord(there.ID(), record.Raw())
		if err != nil {
			t.Fatal(err)
		}
		if err := verify(crypto, there.Domain(), replayed); !errors.Is(err, dag.ErrSignature) {
			t.Errorf("a record replayed to another mesh: %v", err)
		}

		point := checkpoint.Checkpoint{Origin: checkpoint.Origin(here.Ledger()), Epoch: here.Epoch(), Size: 1, Commit: 1}
		if err := verify(crypto, here.Domain(), checkpoint.Sign(members[2], point, 2, 7)); err != nil {
			t.Errorf("an honest cosignature: %v", err)
		}
		if err := verify(crypto, here.Domain(), checkpoint.Sign(members[2], point, 3, 7)); !errors.Is(err, dag.ErrSignature) {
			t.Errorf("member 3's cosignature by member 2: %v", err)
		}
	})
}

// TestSameKeys: worlds with either scheme have the same genesis.
func TestSameKeys(t *testing.T) {
	here, _ := mesh(t, oracle.New(1), "here")
	there, _ := mesh(t, oracle.Real{}, "here")
	if here.ID() != there.ID() {
		t.Errorf("mesh %v with the oracle, %v with Ed25519", here.ID(), there.ID())
	}
}

// TestWorldsApart: one world's signatures mean nothing in another, nor outside.
func TestWorldsApart(t *testing.T) {
	key, message := oracle.New(1).Key(seed(1)), []byte("message")
	c := claim{{Key: key.Public(), Message: message, Signature: key.Sign(message)}}
	for name, crypto := range map[string]oracle.Crypto{"oracle 2": oracle.New(2), "Ed25519": oracle.Real{}} {
		if err := verify(crypto, &dag.Domain{}, c); !errors.Is(err, dag.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if again := oracle.New(1).Key(seed(1)).Sign(message); again != c[0].Signature {
		t.Error("the same world signs otherwise the second time")
	}
}

// TestSecretIsNotPrinted: a trace that prints everything lets nobody forge.
func TestSecretIsNotPrinted(t *testing.T) {
	crypto := oracle.New(1)
	key := crypto.Key(seed(1))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		for _, v := range []any{crypto, *crypto, key, struct{ k dag.PrivateKey }{key}, struct{ c oracle.Crypto }{crypto}} {
			other := oracle.New(2)
			var twin string
			text := fmt.Sprintf(verb, v)
			switch v.(type) {
			case *oracle.Oracle:
				twin = fmt.Sprintf(verb, other)
			case dag.PrivateKey:
				twin = fmt.Sprintf(verb, other.Key(seed(1)))
			default: // addresses, which differ; the secret's words would be longer
				if len(text) > 120 {
					t.Errorf("%s prints %s", verb, text)
				}
				continue
			}
			if text != twin {
				t.Errorf("%s prints what differs between worlds: %s, %s", verb, text, twin)
			}
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a simulated key has a seed")
		}
	}()
	key.Seed()
}

// TestManyWorkers: signing and verifying share nothing that is written. Run
// under the race detector.
func TestManyWorkers(t *testing.T) {
	crypto := oracle.New(1)
	key := crypto.Key(seed(1))
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			verifier := crypto.Verifier(&dag.Domain{})
			for i := range 200 {
				message := fmt.Appendf(nil, "%d of %d", i, worker)
				c := claim{{Key: key.Public(), Message: message, Signature: key.Sign(message)}}
				if good, errs := dag.Verify(verifier, []claim{c}); len(good) != 1 {
					t.Errorf("worker %d, message %d: %v", worker, i, errs[0])
				}
			}
		})
	}
	group.Wait()
}
