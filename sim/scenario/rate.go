package scenario

import (
	"cmp"
	"fmt"
	"math/bits"
	"strings"
	"time"
)

// Rate is how often something happens: Count times Per. In a file: "4/s",
// "1/5s", "0.1/s", "10/m". A Count of zero means never; Per is above zero.
type Rate struct {
	Count int64
	Per   time.Duration
}

// UnmarshalText reads "4/s" or "1/5s".
func (r *Rate) UnmarshalText(text []byte) error {
	bad := func(why string) error {
		return fmt.Errorf(`%q is not a rate: %s; expected one such as "4/s", "1/5s" or "0.1/s"`, text, why)
	}
	count, per, ok := strings.Cut(string(text), "/")
	d, rest, numeric := cutDecimal(count)
	if !ok || !numeric || rest != "" {
		return bad("no count before a slash")
	}
	if per != "" && strings.TrimLeft(per, "0123456789") == per {
		per = "1" + per
	}
	var span duration
	if err := span.UnmarshalText([]byte(per)); err != nil || span <= 0 {
		return bad("no time after the slash")
	}
	scaled, ok := decimal{digits: pow10(d.places)}.times(int64(span))
	if !ok || d.digits > 1e15 {
		return bad("it is too large or too fine")
	}
	*r = Rate{Count: int64(d.digits), Per: time.Duration(scaled)}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// String writes the rate.
func (r Rate) String() string {
	per := duration(r.Per).String()
	if number, ok := strings.CutPrefix(per, "1"); ok && !strings.ContainsAny(number, "0123456789.") {
		per = number
	}
	return fmt.Sprintf("%d/%s", r.Count, per)
}

// Compare orders rates: negative if r is the slower.
func (r Rate) Compare(other Rate) int {
	ahi, alo := bits.Mul64(uint64(r.Count), uint64(other.Per))
	bhi, blo := bits.Mul64(uint64(other.Count), uint64(r.Per))
	return cmp.Or(cmp.Compare(ahi, bhi), cmp.Compare(alo, blo))
}

func (Rate) shape() map[string]any {
	return map[string]any{"type": "string", "pattern": `^[0-9]+(\.[0-9]+)?/([0-9]|ns|us|µs|ms|s|m|h|d)`}
}
