package svg

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// A Scale maps values from Low to High to lengths from From to To.
type Scale struct {
	Low, High int64
	From, To  Length
	Log       bool // Low must be more than 0
}

// At returns where a value is; values outside are brought to the nearer end.
func (s Scale) At(v int64) Length {
	v = min(max(v, s.Low), s.High)
	part, whole := uint64(v-s.Low), uint64(s.High-s.Low)
	if s.Log {
		part, whole = log2(uint64(v))-log2(uint64(s.Low)), log2(uint64(s.High))-log2(uint64(s.Low))
	}
	if whole == 0 {
		return s.From
	}
	if s.To < s.From {
		return s.From - Length(share(part, uint64(s.From-s.To), whole))
	}
	return s.From + Length(share(part, uint64(s.To-s.From), whole))
}

// share returns part·of/whole, rounded; part ≤ whole.
func share(part, of, whole uint64) uint64 {
	high, low := bits.Mul64(part, of)
	low, carry := bits.Add64(low, whole/2, 0)
	q, _ := bits.Div64(high+carry, low, whole)
	return q
}

// log2 returns the logarithm in units of 2⁻¹⁶, rounded down; v > 0.
func log2(v uint64) uint64 {
	whole := uint64(bits.Len64(v) - 1)
	m := v << (63 - whole) // 1.xxx with 63 bits after the point
	out := whole
	for range 16 {
		high, _ := bits.Mul64(m, m) // 62 bits after the point
		out <<= 1
		if high>>63 != 0 {
			out |= 1
			m = high
		} else {
			m = high << 1
		}
	}
	return out
}

// Ticks returns about n round values of the scale.
func (s Scale) Ticks(n int) (ticks []int64) {
	if s.Log {
		return s.logTicks(n)
	}
	step := roundStep((s.High - s.Low) / int64(max(1, n)))
	for v := (s.Low + step - 1) / step * step; v <= s.High; v += step {
		ticks = append(ticks, v)
	}
	return ticks
}

// logTicks returns 1, 2 and 5 of each decade, or as many of them as there is room for.
func (s Scale) logTicks(n int) (ticks []int64) {
	for _, factors := range [][]int64{{1, 2, 5}, {1, 3}, {1}} {
		ticks = ticks[:0]
		for decade := int64(1); decade <= s.High && decade > 0 && decade <= 1<<59; decade *= 10 {
			for _, f := range factors {
				if v := f * decade; v >= s.Low && v <= s.High {
					ticks = append(ticks, v)
				}
			}
		}
		if len(ticks) <= n {
			break
		}
	}
	return ticks
}

// roundStep returns the least of 1, 2, 5, 10, 20, … that is not less than v.
func roundStep(v int64) int64 {
	for decade := int64(1); ; decade *= 10 {
		for _, f := range []int64{1, 2, 5} {
			if f*decade >= v {
				return f * decade
			}
		}
	}
}

// RoundUp returns a round value not less than v, and at least 1, for the end of an axis.
func RoundUp(v int64) int64 {
	step := roundStep(max(1, v/4))
	return max(1, (v+step-1)/step*step)
}

// Unit is what an axis counts: values are divided by Per and followed by Name.
type Unit struct {
	Name string
	Per  int64
}

// TimeUnit returns the unit in which durations up to a greatest one read best.
func TimeUnit(most int64) Unit {
	for _, u := range []Unit{{"h", int64(time.Hour)}, {"min", int64(time.Minute)}, {"s", int64(time.Second)}, {"ms", int64(time.Millisecond)}, {"µs", int64(time.Microsecond)}} {
		if most >= 3*u.Per {
			return u
		}
	}
	return Unit{"ns", 1}
}

// CountUnit returns the unit for counts up to a greatest one; of names what is counted, "B" say.
func CountUnit(most int64, of string) Unit {
	for _, u := range []Unit{{"G", 1e9}, {"M", 1e6}, {"k", 1e3}} {
		if most >= 3*u.Per {
			return Unit{u.Name + of, u.Per}
		}
	}
	return Unit{of, 1}
}

// Format writes a value in the unit, without the unit's name.
func (u Unit) Format(v int64) string { return Decimal(v, u.Per) }

// Decimal writes v/per with at most three digits that tell, more before the point.
func Decimal(v, per int64) string {
	sign := ""
	if v < 0 {
		sign, v = "-", -v
	}
	whole, rest := v/per, v%per
	places := max(0, 3-len(strconv.FormatInt(whole, 10)))
	if whole == 0 {
		places = 3
	}
	scale := int64(1)
	for range places {
		scale *= 10
	}
	digits := int64(share(uint64(rest), uint64(scale), uint64(per)))
	if digits == scale {
		whole, digits = whole+1, 0
	}
	text := Thousands(whole)
	if places > 0 && digits > 0 {
		text += "." + strings.TrimRight(fmt.Sprintf("%0*d", places, digits), "0")
	}
	return sign + text
}

// Thousands writes a whole number with thin spaces between the thousands.
func Thousands(v int64) string {
	text := strconv.FormatInt(v, 10)
	if len(text) < 5 {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		if i > 0 && (len(text)-i)%3 == 0 {
			b.WriteRune('\u202f')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Duration writes a duration with three digits and its unit.
func Duration(v int64) string {
	if v == 0 {
		return "0"
	}
	for _, u := range []Unit{{"h", int64(time.Hour)}, {"min", int64(time.Minute)}, {"s", int64(time.Second)}, {"ms", int64(time.Millisecond)}, {"µs", int64(time.Microsecond)}} {
		if v >= u.Per {
			return u.Format(v) + "\u00a0" + u.Name
		}
	}
	return fmt.Sprintf("%d\u00a0ns", v)
}

// Rate returns the unit for the number of things up to a greatest one.
func Rate(most int64, things string) Unit {
	for _, u := range []Unit{{"billions of ", 1e9}, {"millions of ", 1e6}, {"thousands of ", 1e3}} {
		if most >= 3*u.Per {
			return Unit{u.Name + things, u.Per}
		}
	}
	return Unit{things, 1}
}

// Count writes a count with three digits and k, M or G.
func Count(v int64, of string) string {
	u := Unit{of, 1}
	for _, c := range []Unit{{"G", 1e9}, {"M", 1e6}, {"k", 1e3}} {
		if v >= 10*c.Per || of != "" && v >= c.Per {
			u = Unit{c.Name + of, c.Per}
			break
		}
	}
	if u.Name == "" {
		return u.Format(v)
	}
	return u.Format(v) + "\u00a0" + u.Name
}
