package scenario

// Size is a number of bytes. In a file: "200B", "10kB" (10,000), "64KiB" (65,536).
type Size int64

func (Size) quantity() *quantity {
	return &quantity{
		what: "a size", example: `"200B", "10kB" or "64KiB"`,
		units: []unit{{"B", 1}, {"kB", 1e3}, {"KiB", 1 << 10}, {"MB", 1e6}, {"MiB", 1 << 20}, {"GB", 1e9}, {"GiB", 1 << 30}},
	}
}

// UnmarshalText reads "64KiB".
func (s *Size) UnmarshalText(text []byte) error {
	v, err := s.quantity().parse(string(text))
	*s = Size(v)
	return err
}

// MarshalText writes what UnmarshalText reads.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String writes the size in the largest unit that divides it.
func (s Size) String() string { return s.quantity().format(int64(s)) }

func (s Size) shape() map[string]any {
	return map[string]any{"type": "string", "pattern": s.quantity().pattern()}
}
