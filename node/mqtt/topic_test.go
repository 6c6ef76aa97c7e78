package mqtt

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/dag/senml"
)

func fixedNow() float64 { return 1_700_000_000.25 }

func TestParse(t *testing.T) {
	long := strings.Repeat("x", senml.MaxNameBytes)
	for _, c := range []struct {
		topic, payload string
		want           string // resolved, as JSON
		err            error
	}{
		{topic: "readings/press-7/oil", payload: "61.5", want: `[{"n":"press-7/oil","v":61.5,"t":1700000000.25}]`},
		{topic: "readings/press-7/oil", payload: " -6.15e+1\n", want: `[{"n":"press-7/oil","v":-61.5,"t":1700000000.25}]`},
		{topic: "readings/press-7/motor/temp", payload: "1", want: `[{"n":"press-7/motor/temp","v":1,"t":1700000000.25}]`},
		{topic: "readings/urn:dev:ow:10e2/x", payload: "0", want: `[{"n":"urn:dev:ow:10e2/x","v":0,"t":1700000000.25}]`},
		{topic: "readings/press-7/oil", payload: `[{"bn":"press-7/","n":"oil","v":1,"t":1600000000}]`, want: `[{"n":"press-7/oil","v":1,"t":1600000000}]`},
		{topic: "readings/press-7/oil", payload: `[{"bn":"press-7:","n":"oil","v":1}]`, want: `[{"n":"press-7:oil","v":1,"t":1700000000.25}]`},
		{topic: "readings/press-7/oil", payload: `[{"n":"press-7/oil","v":1}]`, want: `[{"n":"press-7/oil","v":1,"t":1700000000.25}]`},
		{topic: "readings/press-7/oil", payload: `[{"n":"oil","v":1,"t":-5},{"n":"rpm","v":2}]`, want: `[{"n":"press-7/oil","v":1,"t":1699999995.25},{"n":"press-7/rpm","v":2,"t":1700000000.25}]`},
		{topic: "readings/press-7/oil", payload: ` [{"u":"Cel","v":1}]`, want: `[{"n":"press-7/oil","u":"Cel","v":1,"t":1700000000.25}]`},
		{topic: "readings/press-7/oil", payload: `[{"bt":1600000000,"v":1},{"t":1,"v":2}]`, want: `[{"n":"press-7/oil","v":1,"t":1600000000},{"n":"press-7/oil","v":2,"t":1600000001}]`},

		{topic: "readings/press-7/oil", payload: `[{"v":1},{"n":"rpm","v":2}]`, err: errPayload},
		{topic: "readings/press-7/oil", payload: `[{"bn":"press-8/","n":"oil","v":1}]`, err: errPayload},
		{topic: "readings/press-7/oil", payload: `[{"bn":"press-77/","n":"oil","v":1}]`, err: errPayload},
		{topic: "readings/press-7/oil", payload: `[{"bn":"press-7/","n":"oil","v":1},{"bn":"press-8/","n":"oil","v":1}]`, err: errPayload},
		{topic: "readings/press-7/oil", payload: `[]`, err: errPayload},
		{topic: "readings/press-7/oil", payload: `[`, err: errPayload},
		{topic: "readings/press-7/oil", payload: `{"v":1}`, err: errPayload},
		{topic: "readings/press-7/oil", payload: "", err: errPayload},
		{topic: "readings/press-7/oil", payload: "NaN", err: errPayload},
		{topic: "readings/press-7/oil", payload: "1e999", err: errPayload},
		{topic: "readings/press-7/oil", payload: "0x10", err: errPayload},
		{topic: "readings/press-7/oil", payload: "1_000", err: errPayload},
		{topic: "readings/press-7/oil", payload: "21,5", err: errPayload},
		{topic: "readings/press-7/oil", payload: strings.Repeat("1", maxPayloadBytes+1), err: errPayload},
		{topic: "floormesh/cose", payload: "", err: errPayload},
		{topic: "readings", payload: "1", err: errTopic},
		{topic: "readings/", payload: "1", err: errTopic},
		{topic: "readings/press-7", payload: "1", err: errTopic},
		{topic: "floormesh/cose/x", payload: "1", err: errTopic},
		{topic: "", payload: "1", err: errTopic},
		{topic: "readings//oil", payload: "1", err: errName},
		{topic: "readings/press-7/", payload: "1", err: errName},
		{topic: "readings/press-7//x", payload: "1", err: errName},
		{topic: "readings/-press/oil", payload: "1", err: errName},
		{topic: "readings/press:/oil", payload: "1", err: errName},
		{topic: "readings/pressé/oil", payload: "1", err: errName},
		{topic: "readings/p\x00/oil", payload: "1", err: errName},
		{topic: "readings/" + long + "/oil", payload: "1", err: errName},
	} {
		s, err := parse(c.topic, []byte(c.payload), fixedNow)
		if !errors.Is(err, c.err) {
			t.Errorf("%.60s %.60s: error %v, want %v", c.topic, c.payload, err, c.err)
		}
		if err != nil || c.err != nil {
			continue
		}
		// Resolved at another time: nothing may be relative any more.
		r, err := s.pack.Resolve(1_900_000_000_000)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.EncodeJSON()
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != c.want {
			t.Errorf("%s %s:\ngot  %s\nwant %s", c.topic, c.payload, got, c.want)
		}
		if device, _, _ := strings.Cut(strings.TrimPrefix(c.topic, topicReadings), "/"); s.pack.Device() != device {
			t.Errorf("%s %s: device %s", c.topic, c.payload, s.pack.Device())
		}
	}
	if s, err := parse("floormesh/cose", []byte("x"), fixedNow); err != nil || string(s.cose) != "x" {
		t.Errorf("cose: %v, %v", s, err)
	}
}

// FuzzParse: whatever is published is refused, or something that can be signed
// and is of the topic's device.
func FuzzParse(f *testing.F) {
	f.Add("readings/press-7/oil", []byte("61.5"))
	f.Add("readings/press-7/oil", []byte(`[{"bn":"press-7/","n":"oil","v":1,"t":-5}]`))
	f.Add("readings/press-7/oil", []byte(`[{"bt":1600000000,"v":1},{"t":1,"v":2}]`))
	f.Add("readings/urn:dev:1/a/b", []byte(`[{"bver":5,"v":1}]`))
	f.Add("floormesh/cose", []byte{0xd2, 0x84})
	f.Fuzz(func(t *testing.T, topic string, payload []byte) {
		s, err := parse(topic, payload, fixedNow)
		if err != nil {
			if code := reason(err).Code; code != 0x90 && code != 0x99 {
				t.Errorf("reason %#x: %v", code, err)
			}
			return
		}
		if s.cose != nil {
			return
		}
		device, _, _ := strings.Cut(strings.TrimPrefix(topic, topicReadings), "/")
		if s.pack.Device() != device {
			t.Errorf("%s is of device %s: %s", topic, s.pack.Device(), payload)
		}
		if _, err := s.pack.EncodeCBOR(); err != nil && !errors.Is(err, senml.ErrLimit) {
			t.Errorf("%s %s: %v", topic, payload, err)
		}
		resolved, err := s.pack.Resolve(1_900_000_000_000)
		if err != nil {
			return // a time before 1978 can be said, and not resolved
		}
		for i := range resolved {
			if !belongs(resolved[i].Name, device) || math.IsNaN(*resolved[i].Time) {
				t.Errorf("%s %s: %+v", topic, payload, resolved[i])
			}
		}
	})
}
