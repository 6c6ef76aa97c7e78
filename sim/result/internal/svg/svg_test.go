package svg

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestScale: ends, middle, and what lies outside, in both directions.
func TestScale(t *testing.T) {
	for _, c := range []struct {
		scale Scale
		v     int64
		want  Length
	}{
		{Scale{Low: 0, High: 100, From: 10, To: 110}, 50, 60},
		{Scale{Low: 0, High: 100, From: 10, To: 110}, -5, 10},
		{Scale{Low: 0, High: 100, From: 110, To: 10}, 100, 10},
		{Scale{Low: 0, High: 100, From: 110, To: 10}, 25, 85},
		{Scale{Low: 0, High: math.MaxInt64, From: 0, To: 10_000}, math.MaxInt64 / 2, 5000},
		{Scale{Low: 5, High: 5, From: 3, To: 9}, 5, 3},
		{Scale{Low: 1, High: 10_000, From: 0, To: 4000, Log: true}, 100, 2000},
		{Scale{Low: 1, High: 10_000, From: 0, To: 4000, Log: true}, 10, 1000},
		{Scale{Low: 1, High: 1 << 40, From: 0, To: 4000, Log: true}, 1 << 10, 1000},
	} {
		if got := c.scale.At(c.v); got != c.want {
			t.Errorf("%+v at %d: %d, want %d", c.scale, c.v, got, c.want)
		}
	}
}

// TestTicks are round and inside.
func TestTicks(t *testing.T) {
	for _, c := range []struct {
		scale Scale
		n     int
		want  []int64
	}{
		{Scale{Low: 0, High: 9}, 5, []int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{Scale{Low: 0, High: 100}, 5, []int64{0, 20, 40, 60, 80, 100}},
		{Scale{Low: 7, High: 31}, 4, []int64{10, 20, 30}},
		{Scale{Low: 2, High: 100, Log: true}, 8, []int64{2, 5, 10, 20, 50, 100}},
		{Scale{Low: 2, High: 20_000, Log: true}, 5, []int64{10, 100, 1000, 10_000}},
	} {
		if diff := cmp.Diff(c.scale.Ticks(c.n), c.want); diff != "" {
			t.Errorf("%+v, %d:\n%s", c.scale, c.n, diff)
		}
	}
	for v := range int64(3000) {
		if r := RoundUp(v); r < v || r < 1 || v > 4 && r > 2*v {
			t.Errorf("%d is rounded up to %d", v, r)
		}
	}
}

// TestNumbers: three digits that tell, and units that fit.
func TestNumbers(t *testing.T) {
	for got, want := range map[string]string{
		Decimal(1234, 1000):                   "1.23",
		Decimal(1999, 1000):                   "2",
		Decimal(12, 1000):                     "0.012",
		Decimal(99_960, 1000):                 "100",
		Decimal(-1500, 1000):                  "-1.5",
		Decimal(1234567, 100):                 "12\u202f346",
		Thousands(9999):                       "9999",
		Thousands(1234567):                    "1\u202f234\u202f567",
		Duration(0):                           "0",
		Duration(999):                         "999\u00a0ns",
		Duration(int64(90 * time.Second)):     "1.5\u00a0min",
		Duration(int64(51234567)):             "51.2\u00a0ms",
		Count(15_900, ""):                     "15.9\u00a0k",
		Count(1500, "B"):                      "1.5\u00a0kB",
		Count(9999, ""):                       "9999",
		Length(-15).String():                  "-1.5",
		Length(120).String():                  "12",
		TimeUnit(int64(2 * time.Hour)).Name:   "min",
		CountUnit(5e6, "B/s").Name:            "MB/s",
		Rate(5000, "records per second").Name: "thousands of records per second",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestDrawing: well-formed whatever the words are, and nothing from elsewhere.
func TestDrawing(t *testing.T) {
	d := New(Px(100), Px(50), `<&">`, "about & such")
	d.Rect("band", 0, 0, 10, 10, `tip <script>`)
	d.Dot("ring", 5, 5, 2, "")
	d.Text("t", 1, 2, `a < b & "c"`)
	d.Arrow(Series(7), " dash", Point{0, 0}, Point{300, 400})
	d.Arrow(Series(0), "", Point{5, 5}, Point{5, 5})
	d.Curve("thin", Point{0, 0}, Point{30, 40})
	d.Path("line", nil, false)
	var out bytes.Buffer
	if err := d.WriteAlone(&out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if strings.Contains(text, "<script>") || strings.Count(text, "http") != 1 || !strings.Contains(text, `class="thin s1 dash"`) {
		t.Errorf("got %s", text)
	}
	in := xml.NewDecoder(&out)
	for {
		_, err := in.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
