package dagcbor_test

import (
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"github.com/floormesh/floormesh/dag/dagcbor"
)

// TestFixtures decodes every fixture and re-encodes it: the CID of the bytes
// must be the file's name.
func TestFixtures(t *testing.T) {
	for _, folder := range dataFolders(t, "ipld-codec-fixtures") {
		files := glob(t, filepath.Join(folder, "fixtures"), ".dag-cbor")
		if len(files) == 0 {
			t.Errorf("%s: no fixtures", folder)
		}
		for _, file := range files {
			t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
				raw := read(t, file)
				v, err := dagcbor.Decode(raw)
				if err != nil {
					t.Fatal(err)
				}
				again, err := dagcbor.Encode(v)
				if err != nil {
					t.Fatal(err)
				}
				want := strings.TrimSuffix(filepath.Base(file), ".dag-cbor")
				prefix := cid.NewPrefixV1(cid.DagCBOR, multihash.SHA2_256)
				if got, err := prefix.Sum(again); err != nil || got.String() != want {
					t.Errorf("re-encoded as %v (%v), want %s", got, err, want)
				}
			})
		}
	}
}

// TestNegativeFixtures: what must not decode.
func TestNegativeFixtures(t *testing.T) {
	for _, folder := range dataFolders(t, "ipld-codec-fixtures") {
		for _, file := range glob(t, filepath.Join(folder, "negative-fixtures", "dag-cbor"), ".json") {
			if filepath.Base(filepath.Dir(file)) != "decode" {
				continue // cases for encoders are given as another codec's text
			}
			var cases []struct{ Name, Hex string }
			if err := json.Unmarshal(read(t, file), &cases); err != nil {
				t.Fatal(err)
			}
			for _, c := range cases {
				t.Run(c.Name, func(t *testing.T) {
					raw, err := hex.DecodeString(c.Hex)
					if err != nil {
						t.Fatal(err)
					}
					if v, err := dagcbor.Decode(raw); err == nil {
						t.Errorf("decoded as %v", v)
					}
				})
			}
		}
	}
}

func glob(t *testing.T, root, suffix string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, suffix) {
			files = append(files, path)
		}
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return files
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
