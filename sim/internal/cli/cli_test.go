package cli

import (
	"bytes"
	"errors"
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

// TestHints: errors that are joined each keep their advice.
func TestHints(t *testing.T) {
	one, two := &hinted{errors.New("a"), "try x"}, &hinted{errors.New("b"), "try y"}
	var talk bytes.Buffer
	complain(&talk, fmt.Errorf("both: %w", errors.Join(one, errors.New("c"), two)), exitBroken)
	if want := "floorsim: error: both: a\nc\nb\nfloorsim: hint: try x\nfloorsim: hint: try y\n"; talk.String() != want {
		t.Errorf("got %q, want %q", talk.String(), want)
	}
}
