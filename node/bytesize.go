package node

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ByteSize is a number of bytes. Its text form is a whole number with a unit:
// B, KiB, MiB or GiB.
type ByteSize int64

// byteUnits from the largest.
func byteUnits() []byteUnit {
	return []byteUnit{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}
}

type byteUnit struct {
	name string
	size int64
}

// String returns the size in the largest unit that leaves a whole number.
func (s ByteSize) String() string {
	for _, u := range byteUnits() {
		if s != 0 && int64(s)%u.size == 0 {
			return strconv.FormatInt(int64(s)/u.size, 10) + u.name
		}
	}
	return "0B"
}

// MarshalText implements encoding.TextMarshaler.
func (s ByteSize) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what String wrote.
func (s *ByteSize) UnmarshalText(text []byte) error {
	for _, u := range byteUnits() {
		number, ok := strings.CutSuffix(string(text), u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n < 0 || n > math.MaxInt64/u.size {
			break
		}
		*s = ByteSize(n * u.size)
		return nil
	}
	return fmt.Errorf("%q is no size such as 512MiB or 1GiB", text)
}
