package scenario

// Bandwidth is bits per second; zero means that nothing limits it. In a file:
// "38Mbit/s" or "unlimited".
type Bandwidth int64

const unlimited = "unlimited"

func (Bandwidth) quantity() *quantity {
	return &quantity{
		what: "a bandwidth", example: `"38Mbit/s" or "unlimited"`,
		units: []unit{{"bit/s", 1}, {"kbit/s", 1e3}, {"Mbit/s", 1e6}, {"Gbit/s", 1e9}},
	}
}

// UnmarshalText reads "38Mbit/s" or "unlimited".
func (b *Bandwidth) UnmarshalText(text []byte) error {
	if string(text) == unlimited {
		*b = 0
		return nil
	}
	v, err := b.quantity().parse(string(text))
	if err == nil && v == 0 {
		return b.quantity().errorf(string(text), "nothing would ever arrive")
	}
	*b = Bandwidth(v)
	return err
}

// MarshalText writes what UnmarshalText reads.
func (b Bandwidth) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// String writes the bandwidth in the largest unit that divides it.
func (b Bandwidth) String() string {
	if b == 0 {
		return unlimited
	}
	return b.quantity().format(int64(b))
}

func (b Bandwidth) shape() map[string]any {
	return map[string]any{"type": "string", "pattern": "^" + unlimited + "$|" + b.quantity().pattern()}
}
