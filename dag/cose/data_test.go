package cose_test

import (
	"os"
	"path/filepath"
	"testing"
)

// dataFolders returns where third-party data of this name lies: beside the
// repository, and in the folder that FLOORMESH_TESTDATA names. Both are used.
func dataFolders(t *testing.T, name string) []string {
	t.Helper()
	var found []string
	for _, root := range []string{"../../../shared/data", os.Getenv("FLOORMESH_TESTDATA")} {
		if root == "" {
			continue
		}
		folder := filepath.Join(root, name)
		if _, err := os.Stat(folder); err == nil {
			found = append(found, folder)
		}
	}
	if len(found) == 0 {
		t.Skipf("no %s in ../shared/data nor in FLOORMESH_TESTDATA", name)
	}
	return found
}
