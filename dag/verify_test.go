package dag_test

import (
	stded25519 "crypto/ed25519"
	"crypto/sha512"
	"errors"
	"strings"
	"testing"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
	"pgregory.net/rapid"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
)

// claims is an item with any checks.
type claims []dag.Check

func (c claims) Checks(_ *dag.Domain, to []dag.Check) ([]dag.Check, error) {
	return append(to, c...), nil
}

func TestVerifyNamesCulprits(t *testing.T) {
	g, nodes, _ := dagtest.Genesis(1)
	good := dagtest.Lane(t, g, nodes[0], 0, 0, 300)[0]
	forged := *dagtest.Reading(g.ID(), dagtest.DeviceKey(1), 1)
	forged.Signature[5] ^= 1
	forgedHeader := *dagtest.Lane(t, g, nodes[0], 0, 9, 5)[0]
	forgedHeader.Signature[0] ^= 1
	forgedItem := *dagtest.Lane(t, g, nodes[0], 0, 19, 5)[0]
	forgedItem.Items = append([]*dag.Record(nil), forgedItem.Items...)
	forgedItem.Items[3] = &forged
	foreign := dagtest.Reading(dag.MeshID{}, dagtest.DeviceKey(1), 1)

	items := []dag.Signed{good, &forged, &forgedHeader, good.Items[0], foreign, &forgedItem, good}
	v := dag.NewVerifier(g.Domain(), dagtest.Random(1))
	verified, errs := dag.Verify(v, items)
	for i, want := range []string{
		"", "record " + forged.ID().String(), "header of batch " + forgedHeader.ID().String(),
		"", "belongs elsewhere", "item 3 of batch " + forgedItem.ID().String(), "",
	} {
		switch {
		case want == "":
			if errs[i] != nil {
				t.Errorf("item %d: %v", i, errs[i])
			}
		case errs[i] == nil || !strings.Contains(errs[i].Error(), want):
			t.Errorf("item %d: %v, want %q", i, errs[i], want)
		}
	}
	var culprit *dag.SignatureError
	if !errors.As(errs[1], &culprit) || culprit.Key != forged.Signer || !errors.Is(culprit, dag.ErrSignature) {
		t.Errorf("culprit %+v", culprit)
	}
	if len(verified) != 3 || verified[0].Value() != dag.Signed(good) || verified[1].Value() != dag.Signed(good.Items[0]) {
		t.Errorf("%d verified", len(verified))
	}
	if _, errs := dag.Verify(v, []*dag.Batch{good}); errs[0] != nil {
		t.Errorf("the same verifier later: %v", errs[0])
	}
	if verified, errs := dag.Verify(v, []*dag.Batch(nil)); len(verified)+len(errs) != 0 {
		t.Error("something came of nothing")
	}
}

// TestVerifyAnyMixture: the verdict on a signature does not depend on its company.
func TestVerifyAnyMixture(t *testing.T) {
	domain := &dag.Domain{}
	v := dag.NewVerifier(domain, dagtest.Random(1))
	message := []byte("message")
	rapid.Check(t, func(t *rapid.T) {
		bad := rapid.SliceOfN(rapid.Bool(), 1, 12).Draw(t, "bad")
		items := make([]claims, len(bad))
		for i := range items {
			key := dagtest.DeviceKey(i)
			c := dag.Check{Key: key.Public(), Message: message, Signature: key.Sign(message)}
			if bad[i] {
				c.Signature[rapid.IntRange(0, 63).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			}
			items[i] = claims{c}
		}
		_, errs := dag.Verify(v, items)
		for i, err := range errs {
			if (err != nil) != bad[i] {
				t.Errorf("signature %d of %d: %v, bad is %v", i, len(items), err, bad[i])
			}
		}
	})
}

// TestOneRule: crafted signatures get one verdict, alone and in company. The
// standard library disagrees on those with a component of small order.
func TestOneRule(t *testing.T) {
	domain := &dag.Domain{}
	message := []byte("message")
	torsion := point(t, unusableKeys["order 8"])
	var none curve.EdwardsPoint
	none.Identity()
	cases := []struct {
		name     string
		check    dag.Check
		accepted bool
		standard bool // the standard library's verdict
	}{
		{"honest", craft(t, message, &none, &none), true, true},
		{"torsion in R", craft(t, message, torsion, &none), true, false},
		{"torsion in the key", craft(t, message, &none, torsion), true, false},
		{"torsion in both", craft(t, message, torsion, torsion), true, false},
		{"s not reduced", notReduced(craft(t, message, &none, &none)), false, false},
	}
	for name, text := range unusableKeys {
		// s = 0 and R = the identity "verify" under every key of small order.
		c := dag.Check{Key: publicKey(t, text), Message: message}
		c.Signature[0] = 1
		cases = append(cases, struct {
			name               string
			check              dag.Check
			accepted, standard bool
		}{"key: " + name, c, false, stded25519.Verify(c.Key[:], message, c.Signature[:])})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := stded25519.Verify(c.check.Key[:], message, c.check.Signature[:]); got != c.standard {
				t.Errorf("the standard library says %v, expected %v", got, c.standard)
			}
			if got := c.check.Key.Verify(message, c.check.Signature) == nil; got != c.accepted {
				t.Errorf("by key: %v, want %v", got, c.accepted)
			}
			for _, company := range []int{0, 1, 3, 63, 255, 256} {
				items := []claims{{c.check}}
				for i := range company {
					key := dagtest.DeviceKey(i)
					items = append(items, claims{{Key: key.Public(), Message: message, Signature: key.Sign(message)}})
				}
				_, errs := dag.Verify(dag.NewVerifier(domain, dagtest.Random(uint64(company))), items)
				if got := errs[0] == nil; got != c.accepted {
					t.Errorf("with %d others: %v, want %v", company, errs[0], c.accepted)
				}
				for i, err := range errs[1:] {
					if err != nil {
						t.Errorf("with %d others: honest one %d: %v", company, i, err)
					}
				}
			}
		})
	}
}

// TestSmallOrderKeysAreErrKey: the error says what is wrong.
func TestSmallOrderKeysAreErrKey(t *testing.T) {
	mesh := digest[dag.MeshID](1)
	raw := dagtest.Reading(mesh, dagtest.DeviceKey(1), 1).Raw()
	public := dagtest.DeviceKey(1).Public()
	small := publicKey(t, unusableKeys["order 1"])
	r, err := dag.DecodeRecord(mesh, replaced(t, raw, string(public[:]), string(small[:])))
	if err != nil {
		t.Fatal(err)
	}
	if err := verifyOne(&dag.Domain{Mesh: mesh}, r); !errors.Is(err, dag.ErrKey) {
		t.Errorf("got %v, want ErrKey", err)
	}
}

// TestMoreKeysThanCached: eviction loses no verdict.
func TestMoreKeysThanCached(t *testing.T) {
	if testing.Short() {
		t.Skip("checks thousands of signatures")
	}
	message := []byte("message")
	items := make([]claims, 4096+300)
	for i := range items {
		key := dagtest.DeviceKey(i)
		items[i] = claims{{Key: key.Public(), Message: message, Signature: key.Sign(message)}}
	}
	items[7][0].Signature[9] ^= 1
	v := dag.NewVerifier(&dag.Domain{}, dagtest.Random(1))
	for range 2 {
		_, errs := dag.Verify(v, items)
		for i, err := range errs {
			if (err != nil) != (i == 7) {
				t.Errorf("item %d: %v", i, err)
			}
		}
	}
}

// craft signs message as the owner of a key may: with points added to R and to
// the public key.
func craft(t *testing.T, message []byte, toR, toKey *curve.EdwardsPoint) dag.Check {
	t.Helper()
	secret, nonce := wide(t, "secret"), wide(t, "nonce")
	var (
		a, r curve.EdwardsPoint
		key  = compress(a.Add(a.MulBasepoint(curve.ED25519_BASEPOINT_TABLE, secret), toKey))
		bigR = compress(r.Add(r.MulBasepoint(curve.ED25519_BASEPOINT_TABLE, nonce), toR))
	)
	hash := sha512.Sum512(append(append(append([]byte{}, bigR[:]...), key[:]...), message...))
	k := scalar.New()
	if _, err := k.SetBytesModOrderWide(hash[:]); err != nil {
		t.Fatal(err)
	}
	s := scalar.New().Mul(k, secret)
	s.Add(s, nonce)
	c := dag.Check{Key: dag.PublicKey(key), Message: message}
	copy(c.Signature[:], bigR[:])
	if err := s.ToBytes(c.Signature[32:]); err != nil {
		t.Fatal(err)
	}
	return c
}

// notReduced adds the group's order to s, which changes nothing but the bytes.
func notReduced(c dag.Check) dag.Check {
	order := []byte{
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
	}
	carry := 0
	for i, o := range order {
		sum := int(c.Signature[32+i]) + int(o) + carry
		c.Signature[32+i], carry = byte(sum), sum>>8
	}
	return c
}

func wide(t *testing.T, seed string) *scalar.Scalar {
	t.Helper()
	hash := sha512.Sum512([]byte(seed))
	s := scalar.New()
	if _, err := s.SetBytesModOrderWide(hash[:]); err != nil {
		t.Fatal(err)
	}
	return s
}

func compress(p *curve.EdwardsPoint) (c curve.CompressedEdwardsY) {
	c.SetEdwardsPoint(p)
	return c
}

func point(t *testing.T, text string) *curve.EdwardsPoint {
	t.Helper()
	compressed := curve.CompressedEdwardsY(publicKey(t, text))
	p := curve.NewEdwardsPoint()
	if _, err := p.SetCompressedY(&compressed); err != nil {
		t.Fatal(err)
	}
	return p
}
