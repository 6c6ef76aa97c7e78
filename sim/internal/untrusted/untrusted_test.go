package untrusted_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/sim/internal/untrusted"
)

type plant struct {
	Name  string   `json:"name"`
	Small uint8    `json:"small"`
	Level int16    `json:"level"`
	Seed  uint64   `json:"seed"`
	Delay int64    `json:"delay"`
	Part  float64  `json:"part"`
	Good  bool     `json:"good"`
	Nodes []string `json:"nodes"`
	Load  struct {
		Records int `json:"records"`
	} `json:"load"`
	Sums map[string]int `json:"sums"`
}

// TestJSON: whatever is wrong is told by line, column and key, in no words of Go.
func TestJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{"name": "x", "load": {"records": 3}}`: "",
		"":                                      "1:1: it is empty",
		" \n ":                                  "1:1: it is empty",
		"PAR1":                                  "1:1: no JSON: invalid character 'P' looking for beginning of value",
		"\x00\x00":                              `1:1: no JSON: invalid character '\x00' looking for beginning of value`,
		`{"name":`:                              "1:8: it ends in the middle of a JSON value",
		"{}\n{}":                                "2:1: something follows the end of the JSON value",
		"{\n  \"nam\": 1}":                      `2:3: unknown key "nam"`,
		"{\n  \"name\": 1}":                     "2:11: name: it is a number; expected a text",
		`{"small": 256}`:                        "1:13: small: it is 256; expected a whole number from 0 to 255",
		`{"level": 40000}`:                      "1:15: level: it is 40000; expected a whole number from -32768 to 32767",
		`{"seed": -1}`:                          "1:11: seed: it is -1; expected a whole number from 0 on",
		`{"seed": "7"}`:                         "1:12: seed: it is a text; expected a whole number from 0 on",
		`{"delay": 1e99}`:                       "1:14: delay: it is 1e99; expected a whole number",
		`{"part": []}`:                          "1:10: part: it is a list; expected a number",
		`{"good": "yes"}`:                       "1:14: good: it is a text; expected true or false",
		`{"nodes": {}}`:                         "1:11: nodes: it is an object with keys; expected a list",
		`{"load": {"records": true}}`:           "1:25: load.records: it is true or false; expected a whole number",
		`{"sums": 5}`:                           "1:10: sums: it is a number; expected an object with keys",
		`[]`:                                    "1:1: it is a list; expected an object with keys",
		strings.Repeat("[", 20_000):             "1:10001: no JSON: invalid character '[' exceeded max depth",
	} {
		var p plant
		err := untrusted.JSON([]byte(text), &p)
		got := ""
		if err != nil {
			got = strings.TrimPrefix(untrusted.Place("", err), ":") + ": " + err.Error()
		}
		if got != want {
			t.Errorf("%.40q: got %q, want %q", text, got, want)
		}
	}
}

// TestExplainKeepsOthers: an error that is none of JSON's stays, and one that is may be wrapped.
func TestExplainKeepsOthers(t *testing.T) {
	other := errors.New("no such plant")
	if got := untrusted.Explain(nil, other); !errors.Is(got, other) {
		t.Errorf("got %v", got)
	}
	if untrusted.Explain(nil, nil) != nil || untrusted.Place("x", other) != "x" {
		t.Error("nothing is wrong, and this is said to be")
	}
	text := []byte(`{"name": 1}`)
	wrapped := fmt.Errorf("decode plan: %w", json.Unmarshal(text, new(plant)))
	if got := untrusted.Explain(text, wrapped); got.Error() != "name: it is a number; expected a text" {
		t.Errorf("got %v", got)
	}
}

// TestRead: only files, and only so much of them.
func TestRead(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := untrusted.Read(file, 5); err != nil || string(text) != "12345" {
		t.Errorf("got %q, %v", text, err)
	}
	for path, want := range map[string]string{
		dir:                        "it is a folder, not a file",
		os.DevNull:                 "it is a pipe or a device, not a file",
		filepath.Join(dir, "gone"): "no such file or directory",
		file + "\x00":              "invalid argument",
		file:                       "it has 5 bytes, at most 4 are read",
	} {
		if _, err := untrusted.Read(path, 4); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %q", path, err, want)
		}
	}
}
