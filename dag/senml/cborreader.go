package senml

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
)

// Major types and simple values of RFC 8949 section 3.
const (
	majorUint     = 0
	majorNegative = 1
	majorBytes    = 2
	majorText     = 3
	majorArray    = 4
	majorMap      = 5
	majorTag      = 6
	majorSimple   = 7

	simpleFalse = 20
	simpleTrue  = 21

	infoFloat16 = 25
	infoFloat32 = 26
	infoFloat64 = 27

	tagDecimalFraction = 4
)

// cborReader reads data items off the front of rest. Nothing is believed about
// rest: each read checks that the bytes are there.
type cborReader struct{ rest []byte }

// head is the start of a data item.
type head struct {
	major, info byte
	arg         uint64
}

// head reads the start of the next item; of a float, arg has the bits.
func (c *cborReader) head() (head, error) {
	first, err := c.take(1)
	if err != nil {
		return head{}, err
	}
	h := head{major: first[0] >> 5, info: first[0] & 0x1f}
	if h.info < 24 {
		h.arg = uint64(h.info)
		return h, nil
	}
	if h.info > 27 {
		return head{}, fmt.Errorf("%w: indefinite length or reserved byte", ErrSyntax)
	}
	size := 1 << (h.info - 24)
	b, err := c.take(uint64(size))
	if err != nil {
		return head{}, err
	}
	var wide [8]byte
	copy(wide[8-size:], b)
	h.arg = binary.BigEndian.Uint64(wide[:])
	return h, nil
}

// take reads n bytes, which stay the reader's.
func (c *cborReader) take(n uint64) ([]byte, error) {
	if n > uint64(len(c.rest)) {
		return nil, fmt.Errorf("%w: cut short", ErrSyntax)
	}
	b := c.rest[:n]
	c.rest = c.rest[n:]
	return b, nil
}

// length reads the head of an array or a map.
func (c *cborReader) length(major byte) (uint64, error) {
	h, err := c.head()
	if err != nil {
		return 0, err
	}
	if h.major != major {
		return 0, fmt.Errorf("%w: a pack is an array of maps", ErrSyntax)
	}
	return h.arg, nil
}

// text reads the rest of a text string.
func (c *cborReader) text(h head) (string, error) {
	b, err := c.take(h.arg)
	if err != nil {
		return "", err
	}
	if !utf8.Valid(b) {
		return "", fmt.Errorf("%w: text is not UTF-8", ErrSyntax)
	}
	return string(b), nil
}

// skip passes over the next item. The library bounds its depth.
func (c *cborReader) skip() error {
	var item cbor.RawMessage
	rest, err := cbor.UnmarshalFirst(c.rest, &item)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	c.rest = rest
	return nil
}

// number reads the rest of an integer, a float or a decimal fraction.
func (c *cborReader) number(h head) (float64, error) {
	switch h.major {
	case majorUint:
		return float64(h.arg), nil
	case majorNegative:
		return -1 - float64(h.arg), nil
	case majorSimple:
		switch h.info {
		case infoFloat16:
			return float16(uint16(h.arg)), nil
		case infoFloat32:
			return float64(math.Float32frombits(uint32(h.arg))), nil
		case infoFloat64:
			return math.Float64frombits(h.arg), nil
		}
	case majorTag:
		if h.arg == tagDecimalFraction {
			return c.decimal()
		}
	}
	return 0, fmt.Errorf("%w: wrong type", ErrField)
}

// decimal reads the array [exponent, mantissa] of a decimal fraction. It goes
// by its decimal text, which strconv rounds once and correctly; powers of ten
// in floating point would round at each step.
func (c *cborReader) decimal() (float64, error) {
	if n, err := c.length(majorArray); err != nil || n != 2 {
		return 0, fmt.Errorf("%w: a decimal fraction has two parts", ErrSyntax)
	}
	exponent, err := c.integer()
	if err != nil {
		return 0, err
	}
	mantissa, err := c.integer()
	if err != nil {
		return 0, err
	}
	text := strconv.FormatInt(mantissa, 10) + "e" + strconv.FormatInt(exponent, 10)
	v, err := strconv.ParseFloat(text, 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("%w: %s is out of range", ErrValue, text)
	}
	return v, err
}

// integer reads an integer of 64 bits; bignums are beyond any sensor.
func (c *cborReader) integer() (int64, error) {
	h, err := c.head()
	if err != nil {
		return 0, err
	}
	switch {
	case h.arg > math.MaxInt64:
	case h.major == majorUint:
		return int64(h.arg), nil
	case h.major == majorNegative:
		return -1 - int64(h.arg), nil
	}
	return 0, fmt.Errorf("%w: not an integer of 64 bits", ErrField)
}

// float16 widens a half precision float (RFC 8949 appendix D).
func float16(bits uint16) float64 {
	exponent, fraction := int(bits>>10&0x1f), float64(bits&0x3ff)
	var v float64
	switch exponent {
	case 0:
		v = math.Ldexp(fraction, -24)
	case 31: // infinite or not a number: both are refused, so one stands for both
		v = math.Inf(1)
	default:
		v = math.Ldexp(fraction+1024, exponent-25)
	}
	if bits&0x8000 != 0 {
		return -v
	}
	return v
}
