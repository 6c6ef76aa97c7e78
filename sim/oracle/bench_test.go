package oracle_test

import (
	"encoding/binary"
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sim/oracle"
)

func BenchmarkVerify200(b *testing.B) {
	crypto := oracle.New(1)
	key := crypto.Key([32]byte{1})
	message := make([]byte, 200)
	item := claim{{Key: key.Public(), Message: message, Signature: key.Sign(message)}}
	verifier, items := crypto.Verifier(&dag.Domain{}), make([]claim, 100)
	for i := range items {
		items[i] = item
	}
	b.ReportAllocs()
	for b.Loop() {
		if good, _ := dag.Verify(verifier, items); len(good) != len(items) {
			b.Fatal("refused")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(items)), "ns/signature")
}

func BenchmarkSign200(b *testing.B) {
	key := oracle.New(1).Key([32]byte{1})
	message := make([]byte, 200)
	b.ReportAllocs()
	for b.Loop() {
		key.Sign(message)
	}
}

func BenchmarkKey(b *testing.B) {
	crypto := oracle.New(1)
	var seed [32]byte
	b.ReportAllocs()
	for i := uint64(0); b.Loop(); i++ {
		binary.BigEndian.PutUint64(seed[:], i)
		crypto.Key(seed)
	}
}
