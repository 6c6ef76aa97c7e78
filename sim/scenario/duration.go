package scenario

import (
	"strings"
	"time"
)

// duration lets a time.Duration be read and written as scenarios have it.
type duration time.Duration

func (duration) quantity() *quantity {
	return &quantity{
		what: "a duration", example: `"150ms" or "2m30s"`, compose: true, signed: true,
		units: []unit{
			{"ns", 1},
			{"us", int64(time.Microsecond)},
			{"µs", int64(time.Microsecond)},
			{"ms", int64(time.Millisecond)},
			{"s", int64(time.Second)},
			{"m", int64(time.Minute)},
			{"h", int64(time.Hour)},
			{"d", 24 * int64(time.Hour)},
		},
	}
}

// UnmarshalText reads "150ms" or "2m30s".
func (d *duration) UnmarshalText(text []byte) error {
	v, err := d.quantity().parse(string(text))
	*d = duration(v)
	return err
}

// String writes the duration without parts that are zero, in ASCII.
func (d duration) String() string {
	text := strings.ReplaceAll(time.Duration(d).String(), "µ", "u")
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func (d duration) shape() map[string]any {
	return map[string]any{"type": "string", "pattern": d.quantity().pattern()}
}
