package index_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/index"
)

type item struct{ id dag.BatchID }

func (i *item) ID() dag.BatchID { return i.id }

func idOf(n int) (id dag.BatchID) {
	binary.BigEndian.PutUint64(id[24:], uint64(n))
	return id
}

// TestTable does the same to a table and to a map.
func TestTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.IntRange(1, 60).Draw(t, "ids")
		var table index.Table[dag.BatchID, *item]
		want := map[dag.BatchID]*item{}
		for step := range rapid.IntRange(0, 300).Draw(t, "steps") {
			id := idOf(rapid.IntRange(0, ids).Draw(t, "id"))
			if rapid.IntRange(0, 2).Draw(t, "delete") == 0 {
				table.Delete(id)
				delete(want, id)
			} else {
				v := &item{id}
				if got := table.Put(v); got != (want[id] == nil) {
					t.Fatalf("step %d: Put says %v, there was %v", step, got, want[id])
				}
				want[id] = v
			}
			if table.Len() != len(want) {
				t.Fatalf("step %d: %d values, want %d", step, table.Len(), len(want))
			}
			for n := range ids + 1 {
				if got := table.Get(idOf(n)); got != want[idOf(n)] {
					t.Fatalf("step %d: %d is %v, want %v", step, n, got, want[idOf(n)])
				}
			}
		}
	})
}

// BenchmarkManyTables looks up what is not there and puts it in, and takes out what
// came some time before, in one of many tables after the other.
func BenchmarkManyTables(b *testing.B) {
	const held = 100
	items := make([]*item, 1<<10)
	for i := range items {
		items[i] = &item{idOf(i)}
	}
	for _, tables := range []int{1, 1000} {
		b.Run(fmt.Sprintf("tables=%d", tables), func(b *testing.B) {
			many := make([]index.Table[dag.BatchID, *item], tables)
			n := 0
			for b.Loop() {
				t, at := &many[n%tables], n/tables
				if i := items[at%len(items)]; t.Get(i.id) == nil {
					t.Put(i)
				}
				t.Delete(items[(at-held)&(len(items)-1)].id)
				n++
			}
		})
		b.Run(fmt.Sprintf("maps=%d", tables), func(b *testing.B) {
			many := make([]map[dag.BatchID]*item, tables)
			for i := range many {
				many[i] = map[dag.BatchID]*item{}
			}
			n := 0
			for b.Loop() {
				m, at := many[n%tables], n/tables
				if i := items[at%len(items)]; m[i.id] == nil {
					m[i.id] = i
				}
				delete(m, items[(at-held)&(len(items)-1)].id)
				n++
			}
		})
	}
}
