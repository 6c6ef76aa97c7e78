package merkle

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/floormesh/floormesh/dag"
)

func TestRootsMatchDefinition(t *testing.T) {
	const most = 300
	leaves := testLeaves(most)
	var f Frontier
	for n := range most + 1 {
		if got, want := f.Root(), naiveRoot(leaves[:n]); got != want {
			t.Fatalf("root of %d leaves is %x, want %x", n, got, want)
		}
		if got := f.Size(); got != uint64(n) {
			t.Fatalf("size is %d, want %d", got, n)
		}
		again, err := DecodeFrontier(f.Encode())
		if err != nil || again.Root() != f.Root() || again.Size() != f.Size() {
			t.Fatalf("frontier of %d leaves does not survive encoding: %v", n, err)
		}
		if n < most {
			f.Append(LeafHash(leaves[n]), nil)
		}
	}
}

// The roots that Certificate Transparency's own tests use for RFC 6962 trees.
func TestKnownRoots(t *testing.T) {
	leaves := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	roots := []string{
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	var f Frontier
	for i, leaf := range leaves {
		data, err := hex.DecodeString(leaf)
		if err != nil {
			t.Fatal(err)
		}
		f.Append(LeafHash(data), nil)
		if root := f.Root(); hex.EncodeToString(root[:]) != roots[i] {
			t.Errorf("root of %d leaves is %x, want %s", i+1, root, roots[i])
		}
	}
}

func TestEveryProof(t *testing.T) {
	const most = 300
	leaves := testLeaves(most)
	roots := make([]dag.Digest, most+1)
	roots[0] = naiveRoot(nil)
	var store tileStore
	for n := range most + 1 {
		if n > 0 {
			store.append(leaves[n-1])
			roots[n] = store.frontier.Root()
		}
		r := store.reader(uint64(n))
		for i := range n {
			path, err := InclusionProof(r, uint64(n), dag.LeafIndex(i))
			if err != nil {
				t.Fatalf("prove leaf %d of %d: %v", i, n, err)
			}
			leaf := LeafHash(leaves[i])
			if err := VerifyInclusion(path, uint64(n), roots[n], dag.LeafIndex(i), leaf); err != nil {
				t.Fatal(err)
			}
			if n%37 == 0 && !slices.Equal(path, naivePath(i, leaves[:n])) {
				t.Fatalf("path of leaf %d of %d is not RFC 6962's", i, n)
			}
			if VerifyInclusion(path, uint64(n), roots[n-1], dag.LeafIndex(i), leaf) == nil {
				t.Fatalf("path of leaf %d of %d holds for another root", i, n)
			}
			if VerifyInclusion(append(path, leaf), uint64(n), roots[n], dag.LeafIndex(i), leaf) == nil {
				t.Fatalf("path of leaf %d of %d holds with a hash too many", i, n)
			}
		}
		for m := range n + 1 {
			proof, err := ConsistencyProof(r, uint64(m), uint64(n))
			if err != nil {
				t.Fatalf("prove growth from %d to %d: %v", m, n, err)
			}
			if err := VerifyConsistency(proof, uint64(m), roots[m], uint64(n), roots[n]); err != nil {
				t.Fatal(err)
			}
			if n%37 == 0 && m > 0 && !slices.Equal(proof, naiveConsistency(m, leaves[:n])) {
				t.Fatalf("proof of growth from %d to %d is not RFC 6962's", m, n)
			}
			wrong := roots[m]
			wrong[7] ^= 1
			if VerifyConsistency(proof, uint64(m), wrong, uint64(n), roots[n]) == nil {
				t.Fatalf("proof of growth from %d to %d holds for another root", m, n)
			}
		}
	}
}

// Logs with several levels of tiles, against x/mod's own reader, which checks every
// tile that it is given.
func TestTilesOfLargeLog(t *testing.T) {
	const most = 70_000
	var store tileStore
	for i := range most {
		store.append([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
	}
	root := store.frontier.Root()
	checked := tlog.TileHashReader(tlog.Tree{N: most, Hash: tlog.Hash(root)}, checkingReader{t, &store})
	for _, i := range []dag.LeafIndex{0, 255, 256, 65_535, 65_536, most - 113, most - 112, most - 1} {
		got, err := InclusionProof(store.reader(most), most, i)
		if err != nil {
			t.Fatal(err)
		}
		want, err := InclusionProof(checked, most, i)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("path of leaf %d (-want +got):\n%s", i, diff)
		}
		leaf := LeafHash([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
		if err := VerifyInclusion(got, most, root, i, leaf); err != nil {
			t.Error(err)
		}
	}
}

type checkingReader struct {
	t     *testing.T
	store *tileStore
}

func (c checkingReader) Height() int                         { return TileHeight }
func (c checkingReader) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (c checkingReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, 0, len(tiles))
	for _, tile := range tiles {
		tileData, err := c.store.Tile(tile.L, uint64(tile.N), tile.W)
		if err != nil {
			return nil, err
		}
		if widest, ok := TileOf(c.store.frontier.Size(), tile.L, uint64(tile.N)); !ok || widest.Width != tile.W {
			c.t.Errorf("TileOf says %v, tlog wants %v", widest, tile)
		}
		data = append(data, tileData)
	}
	return data, nil
}

func TestBadSizes(t *testing.T) {
	var store tileStore
	store.append(nil)
	r := store.reader(1)
	_, beyond := InclusionProof(r, 1, 1)
	_, huge := InclusionProof(r, 1<<63, 1)
	_, shrinks := ConsistencyProof(r, 2, 1)
	_, hugeGrowth := ConsistencyProof(r, 1, 1<<63-1)
	_, unread := r.ReadHashes([]int64{7})
	_, negative := r.ReadHashes([]int64{-1})
	_, hugeLog := NewTileHashReader(MaxSize+1, &store).ReadHashes([]int64{0})
	for name, err := range map[string]error{
		"leaf beyond log":    beyond,
		"log too large":      huge,
		"log shrinks":        shrinks,
		"growth too large":   hugeGrowth,
		"hash beyond log":    unread,
		"negative index":     negative,
		"reader too large":   hugeLog,
		"verify large leaf":  VerifyInclusion(nil, 1<<63-1, dag.Digest{}, 0, dag.Digest{}),
		"verify large grown": VerifyConsistency(nil, 1, dag.Digest{}, 1<<63-1, dag.Digest{}),
	} {
		if !errors.Is(err, ErrSize) {
			t.Errorf("%s: got %v, want ErrSize", name, err)
		}
	}
	long := make([]dag.Digest, MaxProofHashes+1)
	if err := VerifyInclusion(long, 1, dag.Digest{}, 0, dag.Digest{}); !errors.Is(err, ErrProof) {
		t.Errorf("long path: got %v, want ErrProof", err)
	}
	if err := VerifyConsistency(long, 1, dag.Digest{}, 1, dag.Digest{}); !errors.Is(err, ErrProof) {
		t.Errorf("long consistency proof: got %v, want ErrProof", err)
	}
}

func TestRecordLeaf(t *testing.T) {
	statement, id := dag.Digest{1, 2}, dag.RecordID{3, 4}
	leaf := RecordLeaf(statement, id)
	gotStatement, gotID, ok := ParseRecordLeaf(leaf[:])
	if !ok || gotStatement != statement || gotID != id {
		t.Errorf("got %x, %x, %v", gotStatement, gotID, ok)
	}
	outcome := dag.Outcome{}
	if n := len(outcome.Encode()); n <= RecordLeafBytes {
		t.Errorf("the shortest outcome has %d bytes and could be taken for a record", n)
	}
	if _, _, ok := ParseRecordLeaf(outcome.Encode()); ok {
		t.Error("an outcome is taken for a record")
	}
	for _, n := range []int{0, 64, 255, 256, 5000} {
		data := bytes.Repeat([]byte{9}, n)
		if got, want := LeafHash(data), dag.Digest(tlog.RecordHash(data)); got != want {
			t.Errorf("hash of %d bytes is %x, want %x", n, got, want)
		}
	}
}

func TestTilePath(t *testing.T) {
	for path, want := range map[string]Tile{
		"tile/0/000":                     {Width: 256},
		"tile/4/x001/x234/067":           {Level: 4, Index: 1234067, Width: 256},
		"tile/63/999.p/1":                {Level: 63, Index: 999, Width: 1},
		"tile/entries/x273/000.p/255":    {Index: 273000, Width: 255, Entries: true},
		"tile/entries/000":               {Width: 256, Entries: true},
		"tile/0/x281/x474/x976/x710/656": {Index: MaxSize, Width: 256},
	} {
		got, err := ParseTilePath(path)
		if err != nil || got != want || want.Path() != path {
			t.Errorf("%s: got %v, %v; written as %s", path, got, err, want.Path())
		}
	}
	for _, path := range []string{
		"", "tile", "tile/", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/64/000", "tile/00/000",
		"tile/-1/000", "tile/+1/000", "tile/0/x000/000", "tile/0/001/000", "tile/0/x001/x000", "tile/0/000.p/0",
		"tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000.p/1/", "tile/0/000/", "/tile/0/000",
		"tile/data/000", "tile/8/0/000", "tile/entries/-01", "tile/0/x281/x474/x976/x710/657",
		"tile/0/x999/x999/x999/x999/x999/x999/999",
	} {
		if got, err := ParseTilePath(path); !errors.Is(err, ErrTilePath) {
			t.Errorf("%s: got %v, %v, want ErrTilePath", path, got, err)
		}
	}
}

func TestTileOf(t *testing.T) {
	// The example of c2sp.org/tlog-tiles: a tree of 70,000.
	for _, c := range []struct {
		level int
		index uint64
		width int
	}{{0, 0, 256}, {0, 272, 256}, {0, 273, 112}, {0, 274, 0}, {1, 0, 256}, {1, 1, 17}, {2, 0, 1}, {3, 0, 0}, {64, 0, 0}} {
		tile, ok := TileOf(70_000, c.level, c.index)
		if tile.Width != c.width || ok != (c.width > 0) {
			t.Errorf("tile %d/%d: got %v, %v, want width %d", c.level, c.index, tile, ok, c.width)
		}
		if tile.In(70_000) != ok {
			t.Errorf("%v is in the log: %v, want %v", tile, !ok, ok)
		}
		if tile.Width++; ok && tile.In(70_000) {
			t.Errorf("%v is in the log", tile)
		}
	}
}

func TestEntries(t *testing.T) {
	leaves := testLeaves(5)
	var bundle []byte
	for _, leaf := range leaves {
		bundle = AppendEntry(bundle, leaf)
	}
	got, err := SplitEntries(bundle, len(leaves))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(leaves, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, width := range []int{-1, 0, 4, 6, 257} {
		if _, err := SplitEntries(bundle, width); !errors.Is(err, ErrEntries) {
			t.Errorf("width %d: got %v, want ErrEntries", width, err)
		}
	}
}

// A frontier cut at any point and carried on elsewhere gives the same log.
func TestFrontierIsAValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		leaves := testLeaves(rapid.IntRange(1, 2000).Draw(t, "leaves"))
		cut := rapid.IntRange(0, len(leaves)-1).Draw(t, "cut")
		var f Frontier
		for _, leaf := range leaves[:cut] {
			f.Append(LeafHash(leaf), nil)
		}
		kept, root := f, f.Root()
		for _, leaf := range leaves[cut:] {
			f.Append(LeafHash(leaf), nil)
		}
		if kept.Root() != root || kept.Size() != uint64(cut) {
			t.Fatalf("the copy changed with its original")
		}
		if f.Root() != naiveRoot(leaves) {
			t.Fatalf("wrong root of %d leaves", len(leaves))
		}
	})
}

func TestAppendDoesNotAllocate(t *testing.T) {
	var f Frontier
	var tiles int
	full := func(Tile, dag.Digest) { tiles++ }
	leaf := make([]byte, RecordLeafBytes)
	if n := testing.AllocsPerRun(1000, func() { f.Append(LeafHash(leaf), full) }); n != 0 {
		t.Errorf("%v allocations per leaf", n)
	}
	if tiles != 3 {
		t.Errorf("%d full tiles in 1001 leaves, want 3", tiles)
	}
}

func FuzzParseTilePath(f *testing.F) {
	for _, seed := range []string{"tile/0/000", "tile/4/x001/x234/067.p/9", "tile/entries/000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		tile, err := ParseTilePath(path)
		if err == nil && tile.Path() != path {
			t.Errorf("%q is written as %q", path, tile.Path())
		}
		tile.In(MaxSize)
	})
}

func FuzzDecodeFrontier(f *testing.F) {
	var frontier Frontier
	for range 5 {
		f.Add(frontier.Encode())
		frontier.Append(dag.Digest{1}, nil)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		frontier, err := DecodeFrontier(raw)
		if err == nil && !bytes.Equal(frontier.Encode(), raw) {
			t.Errorf("%x is encoded as %x", raw, frontier.Encode())
		}
		frontier.Root()
	})
}

func FuzzSplitEntries(f *testing.F) {
	f.Add([]byte{0, 1, 7, 0, 0}, 2)
	f.Fuzz(func(t *testing.T, bundle []byte, width int) {
		entries, err := SplitEntries(bundle, width)
		if err != nil {
			return
		}
		var again []byte
		for _, entry := range entries {
			again = AppendEntry(again, entry)
		}
		if !bytes.Equal(again, bundle) {
			t.Errorf("%x is encoded as %x", bundle, again)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	b.ReportAllocs()
	var f Frontier
	leaf := LeafHash(make([]byte, RecordLeafBytes))
	for b.Loop() {
		f.Append(leaf, nil)
	}
}

func BenchmarkRoot(b *testing.B) {
	b.ReportAllocs()
	var f Frontier
	for range 1<<20 - 1 {
		f.Append(dag.Digest{1}, nil)
	}
	for b.Loop() {
		f.Root()
	}
}

func BenchmarkInclusionProof(b *testing.B) {
	b.ReportAllocs()
	var store tileStore
	for range 100_000 {
		store.append(nil)
	}
	for b.Loop() {
		if _, err := InclusionProof(store.reader(100_000), 100_000, 4711); err != nil {
			b.Fatal(err)
		}
	}
}
