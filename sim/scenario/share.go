package scenario

// Share is a part of a whole, or a factor, in millionths. In a file: "5%",
// "0.1%", "50ppm"; nothing finer than one millionth.
type Share int64

// Common shares.
const (
	PPM     Share = 1
	Percent Share = 10_000
	Whole   Share = 1_000_000
)

func (Share) quantity() *quantity {
	return &quantity{
		what: "a share", example: `"5%", "0.1%" or "50ppm"`, signed: true,
		units: []unit{{"ppm", int64(PPM)}, {"%", int64(Percent)}},
	}
}

// UnmarshalText reads "5%" or "50ppm".
func (s *Share) UnmarshalText(text []byte) error {
	v, err := s.quantity().parse(string(text))
	*s = Share(v)
	return err
}

// MarshalText writes what UnmarshalText reads.
func (s Share) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String writes percents where two decimals do, else millionths.
func (s Share) String() string {
	const hundredth = Percent / 100
	if s%hundredth != 0 {
		return s.quantity().format(int64(s))
	}
	return formatHundredths(int64(s/hundredth)) + "%"
}

func (s Share) shape() map[string]any {
	return map[string]any{"type": "string", "pattern": s.quantity().pattern()}
}

// Of returns the share of a whole, rounded down.
func (s Share) Of(whole int64) int64 {
	q, r := whole/int64(Whole), whole%int64(Whole)
	return q*int64(s) + r*int64(s)/int64(Whole)
}
