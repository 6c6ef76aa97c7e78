package scenario

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestUnits checks what values mean and how they are written.
func TestUnits(t *testing.T) {
	for _, c := range []struct {
		text string
		want any
		says string // "": as it was written
	}{
		{"150ms", duration(150 * time.Millisecond), ""},
		{"2m30s", duration(150 * time.Second), ""},
		{"1.5s", duration(1500 * time.Millisecond), ""},
		{"0.000000001s", duration(1), "1ns"},
		{"2500us", duration(2500 * time.Microsecond), "2.5ms"},
		{"60m", duration(time.Hour), "1h"},
		{"2d", duration(48 * time.Hour), "48h"},
		{"-90s", duration(-90 * time.Second), "-1m30s"},
		{"0s", duration(0), ""},
		{"5%", 5 * Percent, ""},
		{"0.1%", Share(1000), ""},
		{"0.0001%", Share(1), "1ppm"},
		{"50ppm", Share(50), ""},
		{"100.00%", Whole, "100%"},
		{"-3%", -3 * Percent, ""},
		{"200B", Size(200), ""},
		{"64KiB", Size(65536), ""},
		{"0.5KiB", Size(512), "512B"},
		{"1000kB", Size(1e6), "1MB"},
		{"38Mbit/s", Bandwidth(38e6), ""},
		{"2500kbit/s", Bandwidth(25e5), ""},
		{"unlimited", Bandwidth(0), ""},
		{"4/s", Rate{4, time.Second}, ""},
		{"1/5s", Rate{1, 5 * time.Second}, ""},
		{"0.1/s", Rate{1, 10 * time.Second}, "1/10s"},
		{"2.5/m", Rate{25, 10 * time.Minute}, "25/10m"},
		{"1/1m30s", Rate{1, 90 * time.Second}, ""},
		{"0/s", Rate{0, time.Second}, ""},
		{"all", Amount{}, ""},
		{"f", Amount{Of: AmountFaulty}, ""},
		{"3", Amount{AmountCount, 3}, ""},
		{"33.3333%", Amount{AmountShare, 333333}, "333333ppm"},
	} {
		got := reflect.New(reflect.TypeOf(c.want))
		if err := got.Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(c.text)); err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got.Elem().Interface() != c.want {
			t.Errorf("%s reads as %#v, want %#v", c.text, got.Elem(), c.want)
		}
		says := c.says
		if says == "" {
			says = c.text
		}
		if text := got.Interface().(fmt.Stringer).String(); text != says {
			t.Errorf("%s is written %s, want %s", c.text, text, says)
		}
	}
}

// TestUnitsRefused checks that nothing is read inexactly or by half.
func TestUnitsRefused(t *testing.T) {
	for _, c := range []struct {
		into encoding.TextUnmarshaler
		text string
		says string
	}{
		{new(duration), "5", "unit is missing"},
		{new(duration), "5sec", `no unit is called "sec"`},
		{new(duration), "", "no number"},
		{new(duration), "1.s", "no number"},
		{new(duration), "0.5ns", "too fine"},
		{new(duration), "300000d", "too large"},
		{new(duration), "9223372036s1s", "too large"},
		{new(duration), "1m 30s", "no number"},
		{new(duration), "99999999999999999999s", "no number"},
		{new(Share), "0.00001%", "too fine"},
		{new(Share), "5%5%", "too much"},
		{new(Share), "0.5", "unit is missing"},
		{new(Size), "-5B", "negative"},
		{new(Size), "1.5B", "too fine"},
		{new(Size), "64kib", `did you mean "KiB"`},
		{new(Bandwidth), "0Mbit/s", "nothing would ever arrive"},
		{new(Bandwidth), "5MB/s", "no unit"},
		{new(Rate), "4", "no count before a slash"},
		{new(Rate), "/s", "no count"},
		{new(Rate), "4/", "no time after"},
		{new(Rate), "4/0s", "no time after"},
		{new(Rate), "4/-1s", "no time after"},
		{new(Rate), "0.000000000001/100d", "too large"},
		{new(Amount), "most", "expected"},
		{new(Amount), "101%", "expected"},
		{new(Amount), "-1", "expected"},
	} {
		err := c.into.UnmarshalText([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%T %q: %v, want %q", c.into, c.text, err, c.says)
		}
	}
}

// TestUnitsRoundTrip checks that what is written is read as the same.
func TestUnitsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, math.MaxInt64).Draw(t, "n")
		switch rapid.IntRange(0, 4).Draw(t, "type") {
		case 0:
			again(t, duration(n))
		case 1:
			again(t, Share(rapid.Int64Range(-1e12, 1e12).Draw(t, "share")))
		case 2:
			again(t, Size(rapid.Int64Range(0, 1e17).Draw(t, "size")))
		case 3:
			again(t, Bandwidth(rapid.Int64Range(0, 1e17).Draw(t, "bandwidth")))
		default:
			again(t, Rate{rapid.Int64Range(0, 1e15).Draw(t, "count"), time.Duration(max(n, 1))})
		}
	})
}

// again checks that a value's text gives the value.
func again[T interface {
	comparable
	fmt.Stringer
}](t *rapid.T, v T) {
	got := new(T)
	text := v.String()
	if err := any(got).(encoding.TextUnmarshaler).UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if *got != v {
		t.Errorf("%v is read as %v", v, *got)
	}
}

// TestRateOrder checks rates against fractions in the large.
func TestRateOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) Rate {
			return Rate{rapid.Int64Range(0, 1000).Draw(t, name), time.Duration(rapid.Int64Range(1, 1000).Draw(t, name+" per"))}
		}
		a, b := draw("a"), draw("b")
		want := a.Count*int64(b.Per) - b.Count*int64(a.Per)
		if got := a.Compare(b); int64(got)*want < 0 || (got == 0) != (want == 0) {
			t.Errorf("%v against %v: %d", a, b, got)
		}
	})
}

// TestShareOf checks shares of wholes that do not fit a product.
func TestShareOf(t *testing.T) {
	if got := (33 * Percent).Of(10); got != 3 {
		t.Errorf("33%% of 10 is %d", got)
	}
	if got := (50 * Percent).Of(math.MaxInt64); got != math.MaxInt64/2 {
		t.Errorf("half of the largest is %d", got)
	}
}
