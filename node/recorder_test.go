package node

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

// TestEachLifeHasItsFile opens recordings one after another until the limit of all
// of them is used up.
func TestEachLifeHasItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "flight.rec")
	for _, want := range []string{"flight.rec", "flight-2.rec", "flight-3.rec"} {
		r, err := openRecorder(recordFile{path: path, limit: 100}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if got := filepath.Base(r.path); got != want {
			t.Errorf("records in %s, want %s", got, want)
		}
		if err := r.file.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(r.path, make([]byte, 40), secretMode); err != nil {
			t.Fatal(err)
		}
	}
	r, err := openRecorder(recordFile{path: path, limit: 100}, slog.New(slog.DiscardHandler))
	if r != nil || err != nil {
		t.Errorf("got %v, %v, want no recording, since the limit is used up", r, err)
	}
}

func TestByteSizeText(t *testing.T) {
	for _, text := range []string{"0B", "1B", "3KiB", "512MiB", "1GiB"} {
		var s ByteSize
		if err := s.UnmarshalText([]byte(text)); err != nil || s.String() != text {
			t.Errorf("%s: read as %s, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "1", "GiB", "-1B", "1.5GiB", "9999999999GiB"} {
		if err := new(ByteSize).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as a size", text)
		}
	}
}
