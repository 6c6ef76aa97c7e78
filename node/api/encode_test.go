package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"pgregory.net/rapid"

	"github.com/floormesh/floormesh/dag"
)

func TestAppendID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := dag.RecordID(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "id"))
		if got := string(newIDEncoding().append(nil, id)); got != id.String() {
			t.Fatalf("got %s, want %s", got, id)
		}
	})
}

func TestAppendJSONString(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(t, "s")) + rapid.String().Draw(t, "text")
		var got, want string
		if err := json.Unmarshal(appendJSONString(nil, s), &got); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

func TestSplitSequence(t *testing.T) {
	for _, c := range []struct {
		name  string
		in    string
		items int
		read  int
	}{
		{"nothing", "", 0, 0},
		{"integers", "\x01\x18\xff\x39\x01\x00", 3, 6},
		{"strings", "\x43abc\x60", 2, 5},
		{"nested", "\xd2\x84\x40\xa1\x01\x02\x40\x40\x05", 2, 9},
		{"cut short", "\x01\x82\x01", 1, 1},
		{"string cut short", "\x01\x5b\xff\xff\xff\xff\xff\xff\xff\xff", 1, 1},
		{"array of 2^63 pairs", "\xbb\x80\x00\x00\x00\x00\x00\x00\x00", 0, 0},
		{"indefinite", "\x01\x9f\x01\xff", 1, 1},
		{"reserved", "\x1c", 0, 0},
		{"deep", "\x01" + string(bytes.Repeat([]byte{0x81}, maxCBORDepth)) + "\x01", 2, maxCBORDepth + 2},
		{"too deep", "\x01" + string(bytes.Repeat([]byte{0x81}, maxCBORDepth+1)) + "\x01", 1, 1},
	} {
		items, read := splitSequence([]byte(c.in), 100)
		if len(items) != c.items || read != c.read {
			t.Errorf("%s: %d items in %d bytes, want %d in %d", c.name, len(items), read, c.items, c.read)
		}
	}
	if items, _ := splitSequence(make([]byte, 10), 4); len(items) != 4 {
		t.Errorf("limit 4: %d items", len(items))
	}
}

// FuzzSplitSequence compares with the CBOR library: what we take it takes, with
// the same bounds, and what we refuse it refuses unless it is indefinite, deep or reserved.
func FuzzSplitSequence(f *testing.F) {
	f.Add([]byte("\x01\x82\x01\x43abc"))
	f.Add([]byte("\xd2\x84\x40\xa0\x40\x40\xd2"))
	f.Add([]byte("\xbf\x01\x02\xff\xfb\x00"))
	mode, err := cbor.DecOptions{IndefLength: cbor.IndefLengthForbidden, MaxNestedLevels: maxCBORDepth}.DecMode()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		items, read := splitSequence(b, len(b))
		n := 0
		for i, item := range items {
			n += len(item)
			err := mode.Wellformed(item)
			// The library also refuses 0xf800 to 0xf81f, and counts depth and sizes its own way.
			var syntax *cbor.SyntaxError
			if errors.As(err, &syntax) && !bytes.Contains(item, []byte{0xf8}) || errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("item %d %x: %v", i, item, err)
			}
		}
		if n != read {
			t.Errorf("items have %d bytes, read %d", n, read)
		}
		if read < len(b) {
			if rest, err := mode.UnmarshalFirst(b[read:], new(cbor.RawMessage)); err == nil && !deep(b[read:len(b)-len(rest)]) {
				t.Errorf("the library reads %x", b[read:])
			}
		}
	})
}

// deep allows for the two ways to count tags and empty containers as levels.
func deep(item []byte) bool { return len(item) >= maxCBORDepth }

func TestParseTime(t *testing.T) {
	for text, want := range map[string]time.Time{
		"":                          {},
		"2023-11-14T22:13:20Z":      when(),
		"2023-11-14T23:13:20+01:00": when(),
		"2023-11-14T23:13:20 01:00": when(), // a plus that was not encoded
		"1700000000":                when(),
		"1700000000.000":            when(),
	} {
		if got, p := parseTime("from", text); p != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v", text, got, p)
		}
	}
	for _, text := range []string{"yesterday", "-1", "NaN", "Inf", "1e99", "2023-11-14"} {
		if _, p := parseTime("from", text); p == nil {
			t.Errorf("%q passed", text)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"device", "from", "to", "limit", "cursor"}
	for name, want := range map[string]string{
		"Device": "device", "devices": "device", "form": "", "fro": "from", "limits": "limit", "curser": "cursor", "x": "", "since": "",
	} {
		if got, _ := nearest(name, known); got != want {
			t.Errorf("nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

func BenchmarkPostSequence(b *testing.B) {
	const records = 500
	f := newFake()
	var body []byte
	for i := range records {
		body = append(body, f.sign(i)...)
	}
	h := New(acceptsAll{f}, Options{})
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		q := post("application/cbor-seq", "")
		q.reader = bytes.NewReader(body)
		if resp := q.send(h); resp.StatusCode != 202 {
			b.Fatal(resp.StatusCode)
		}
	}
	b.ReportMetric(records*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
