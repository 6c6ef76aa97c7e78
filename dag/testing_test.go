package dag_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagcbor"
	"github.com/floormesh/floormesh/dag/dagtest"
)

// refused is one encoding that must not decode.
type refused struct {
	name string
	raw  []byte
	want error
}

// check runs decode over all of them.
func check[T any](t *testing.T, cases []refused, decode func([]byte) (T, error)) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if v, err := decode(c.raw); !errors.Is(err, c.want) {
				t.Errorf("%x\ngot %v, %v; want %v", c.raw, v, err, c.want)
			}
		})
	}
}

// replaced returns raw with the first old, which must be there, replaced.
func replaced(t testing.TB, raw []byte, old, by string) []byte {
	t.Helper()
	if !bytes.Contains(raw, []byte(old)) {
		t.Fatalf("%x is not in %x", old, raw)
	}
	return bytes.Replace(raw, []byte(old), []byte(by), 1)
}

// strictly checks that raw is DAG-CBOR by the generic layer's judgement.
func strictly(t testing.TB, raw []byte) {
	t.Helper()
	if err := dagcbor.Check(raw); err != nil {
		t.Errorf("%x is not strict DAG-CBOR: %v", raw, err)
	}
}

// digest returns a digest that differs for each i.
func digest[D ~[32]byte](i byte) D { return D{0xd1, i} }

// verifyOne returns the verdict on one item.
func verifyOne[T dag.Signed](d *dag.Domain, item T) error {
	_, errs := dag.Verify(dag.NewVerifier(d, dagtest.Random(1)), []T{item})
	return errs[0]
}
