package cli

import (
	"bytes"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"
)

func TestFullDisk(t *testing.T) {
	err := fmt.Errorf("write series.parquet: %w", &fs.PathError{Op: "write", Path: "out/series.parquet", Err: syscall.ENOSPC})
	var talk bytes.Buffer
	if code := complain(&talk, err, exitBroken); code != exitBroken {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(talk.String(), "floorsim: hint: make room there") {
		t.Errorf("no hint in %q", talk.String())
	}
}
