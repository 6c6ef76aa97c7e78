package scenario

import (
	"fmt"
	"math"
	"math/bits"
	"strings"
)

// decimal is a number as a person writes it: digits × 10^-places, exactly. No
// value of a scenario passes through floating point.
type decimal struct {
	digits uint64
	places int
}

// maxDigits keeps digits and powers of ten within 64 bits.
const maxDigits = 18

// cutDecimal splits a text that begins with a number into the number and the rest.
func cutDecimal(text string) (d decimal, rest string, ok bool) {
	whole := strings.TrimLeft(text, "0123456789")
	number := text[:len(text)-len(whole)]
	rest = whole
	fraction := ""
	if strings.HasPrefix(whole, ".") {
		rest = strings.TrimLeft(whole[1:], "0123456789")
		fraction = strings.TrimRight(whole[1:len(whole)-len(rest)], "0")
		if len(whole)-len(rest) == 1 {
			return d, text, false // a point with nothing behind it
		}
	}
	digits := strings.TrimLeft(number+fraction, "0")
	if number == "" || len(digits) > maxDigits || len(fraction) > maxDigits {
		return d, text, false
	}
	for _, c := range []byte(digits) {
		d.digits = 10*d.digits + uint64(c-'0')
	}
	d.places = len(fraction)
	return d, rest, true
}

// times multiplies by a unit. ok is false if the product is no integer or too large.
func (d decimal) times(unit int64) (product int64, ok bool) {
	hi, lo := bits.Mul64(d.digits, uint64(unit))
	den := pow10(d.places)
	if hi >= den {
		return 0, false
	}
	q, r := bits.Div64(hi, lo, den)
	return int64(q), r == 0 && q <= math.MaxInt64
}

func pow10(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

// unit is a name for an amount.
type unit struct {
	name string
	size int64
}

// quantity is how numbers of one kind are written.
type quantity struct {
	what    string // "a duration"
	example string // "150ms or 2m30s"
	units   []unit // ascending
	compose bool   // several parts add up: 2m30s
	signed  bool
}

// errorf says what is wrong with a text and how it should look.
func (q *quantity) errorf(text, format string, args ...any) error {
	return fmt.Errorf("%q is not %s: %s; expected one such as %s", text, q.what, fmt.Sprintf(format, args...), q.example)
}

// parse reads a number with its unit.
func (q *quantity) parse(text string) (total int64, err error) {
	rest, negative := strings.CutPrefix(text, "-")
	if negative && !q.signed {
		return 0, q.errorf(text, "it is negative")
	}
	for first := true; first || rest != ""; first = false {
		if !first && !q.compose {
			return 0, q.errorf(text, "%q is too much", rest)
		}
		d, tail, ok := cutDecimal(rest)
		if !ok {
			return 0, q.errorf(text, "no number of at most %d digits", maxDigits)
		}
		name := tail[:len(tail)-len(strings.TrimLeft(tail, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZµ%/"))]
		size, err := q.unit(text, name)
		if err != nil {
			return 0, err
		}
		part, ok := d.times(size)
		if !ok || part > math.MaxInt64-total {
			return 0, q.errorf(text, "it is too large or too fine")
		}
		total += part
		rest = tail[len(name):]
	}
	if negative {
		total = -total
	}
	return total, nil
}

func (q *quantity) unit(text, name string) (int64, error) {
	names := make([]string, len(q.units))
	for i, u := range q.units {
		names[i] = u.name
		if u.name == name {
			return u.size, nil
		}
	}
	if name == "" {
		return 0, q.errorf(text, "the unit is missing (%s)", strings.Join(names, ", "))
	}
	return 0, q.errorf(text, "no unit is called %q (there are %s%s)", name, strings.Join(names, ", "), didYouMean(name, names))
}

// format writes a value in the largest unit that does without a fraction.
func (q *quantity) format(v int64) string {
	for i := len(q.units) - 1; i > 0; i-- {
		if u := q.units[i]; v != 0 && v%u.size == 0 {
			return fmt.Sprintf("%d%s", v/u.size, u.name)
		}
	}
	return fmt.Sprintf("%d%s", v, q.units[0].name)
}

// pattern is the regular expression of JSON Schema for such texts.
func (q *quantity) pattern() string {
	names := make([]string, len(q.units))
	for i, u := range q.units {
		names[i] = u.name
	}
	sign, more := "", ""
	if q.signed {
		sign = "-?"
	}
	if q.compose {
		more = "+"
	}
	return fmt.Sprintf(`^%s([0-9]+(\.[0-9]+)?(%s))%s$`, sign, strings.Join(names, "|"), more)
}

// formatHundredths writes hundredths as a decimal without trailing zeros.
func formatHundredths(v int64) string {
	sign := ""
	if v < 0 {
		sign, v = "-", -v
	}
	text := fmt.Sprintf("%s%d.%02d", sign, v/100, v%100)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}
