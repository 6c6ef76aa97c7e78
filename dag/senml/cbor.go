package senml

import (
	"fmt"
	"math"

	"github.com/fxamacker/cbor/v2"
)

// ParseCBOR parses application/senml+cbor (RFC 8428 section 6). The pack does
// not alias b. Numbers may be integers, floats or decimal fractions (tag 4)
// and are rounded to float64. The encoding need not be deterministic, but the
// lengths of all that is understood must be definite.
func ParseCBOR(b []byte) (Pack, error) {
	if len(b) > MaxPackBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrLimit, len(b), MaxPackBytes)
	}
	c := cborReader{b}
	p, err := c.pack()
	if err != nil {
		return nil, err
	}
	if len(c.rest) != 0 {
		return nil, fmt.Errorf("%w: %d bytes after the pack", ErrSyntax, len(c.rest))
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	return p, nil
}

// EncodeCBOR returns p as application/senml+cbor: core deterministic encoding
// (RFC 8949 section 4.2.1), numbers always as the shortest exact float.
func (p Pack) EncodeCBOR() ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		return nil, fmt.Errorf("encode pack: %w", err)
	}
	b, err := mode.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode pack: %w", err)
	}
	return bounded(b)
}

func (c *cborReader) pack() (Pack, error) {
	n, err := c.length(majorArray)
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	if n > MaxRecords {
		return nil, fmt.Errorf("%w: %d records, at most %d", ErrLimit, n, MaxRecords)
	}
	// No more than the bytes at hand can hold: a record takes one at least.
	p := make(Pack, 0, min(n, uint64(len(c.rest))))
	for i := range n {
		r, err := c.record()
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", i, err)
		}
		p = append(p, r)
	}
	return p, nil
}

func (c *cborReader) record() (Record, error) {
	n, err := c.length(majorMap)
	if err != nil {
		return Record{}, err
	}
	var r Record
	var seen fieldSet
	for range n { // as long as the bytes last: every turn takes one or fails
		if err := c.field(&r, &seen); err != nil {
			return Record{}, err
		}
	}
	return r, nil
}

func (c *cborReader) field(r *Record, seen *fieldSet) error {
	l, known, err := c.label()
	if err != nil {
		return err
	}
	if !known {
		return c.skip()
	}
	if err := seen.add(l); err != nil {
		return fmt.Errorf("field %d: %w", l, err)
	}
	if err := c.value(r, l); err != nil {
		return fmt.Errorf("field %d: %w", l, err)
	}
	return nil
}

// label reads a field's label. Unknown ones that may be ignored are not known.
func (c *cborReader) label() (l label, known bool, err error) {
	h, err := c.head()
	if err != nil {
		return 0, false, err
	}
	switch h.major {
	case majorUint:
		return label(h.arg), h.arg <= uint64(labelDataValue), nil
	case majorNegative: // -1 - arg
		return label(-1 - int8(h.arg&0x7f)), h.arg < uint64(-labelBaseSum), nil
	case majorText:
		s, err := c.text(h)
		if err != nil {
			return 0, false, err
		}
		if _, known := labelOf(s); known {
			return 0, false, fmt.Errorf("%w: %q must be an integer label in CBOR", ErrField, s)
		}
		return 0, false, ignorable(s)
	default:
		return 0, false, fmt.Errorf("%w: a label is an integer or text", ErrSyntax)
	}
}

// value reads what l takes into r.
func (c *cborReader) value(r *Record, l label) error {
	h, err := c.head()
	if err != nil {
		return err
	}
	switch k := l.kind(); {
	case k == kindNumber:
		v, err := c.number(h)
		if err != nil {
			return err
		}
		return r.setNumber(l, v)
	case k == kindText && h.major == majorText:
		s, err := c.text(h)
		if err != nil {
			return err
		}
		r.setText(l, s)
	case k == kindData && h.major == majorBytes:
		b, err := c.take(h.arg)
		if err != nil {
			return err
		}
		r.DataValue = append(Data{}, b...)
	case k == kindBool && (h == head{majorSimple, simpleFalse, simpleFalse} || h == head{majorSimple, simpleTrue, simpleTrue}):
		r.BoolValue = new(h.info == simpleTrue)
	case k == kindVersion && h.major == majorUint:
		if h.arg > math.MaxUint8 {
			return fmt.Errorf("%w: %d", ErrVersion, h.arg)
		}
		r.BaseVersion = new(uint(h.arg))
	default:
		return fmt.Errorf("%w: wrong type", ErrField)
	}
	return nil
}
