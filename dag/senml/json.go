package senml

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"unicode/utf8"
)

// ParseJSON parses application/senml+json (RFC 8428 section 5). The pack does
// not alias b. Labels are matched exactly, numbers are rounded to float64, and
// a number outside its range is refused even in a field that is ignored.
func ParseJSON(b []byte) (Pack, error) {
	if len(b) > MaxPackBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrLimit, len(b), MaxPackBytes)
	}
	// The whole is checked first: token by token, an error could come after
	// half a pack, and encoding/json would mend bad UTF-8 in silence.
	if !utf8.Valid(b) || !json.Valid(b) {
		return nil, fmt.Errorf("%w: not JSON", ErrSyntax)
	}
	d := jsonReader{json.NewDecoder(bytes.NewReader(b))}
	p, err := d.pack()
	if err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	return p, nil
}

// EncodeJSON returns p as application/senml+json, on one line.
func (p Pack) EncodeJSON() ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // nobody puts a pack into a page, and text should stay readable
	if err := e.Encode(p); err != nil {
		return nil, fmt.Errorf("encode pack: %w", err)
	}
	return bounded(bytes.TrimSuffix(out.Bytes(), []byte("\n")))
}

// bounded refuses an encoding that no parser would take back.
func bounded(b []byte) ([]byte, error) {
	if len(b) > MaxPackBytes {
		return nil, fmt.Errorf("%w: encoded to %d bytes, at most %d", ErrLimit, len(b), MaxPackBytes)
	}
	return b, nil
}

// jsonReader walks one valid JSON text.
type jsonReader struct{ *json.Decoder }

func (d jsonReader) pack() (Pack, error) {
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, fmt.Errorf("%w: a pack is an array", ErrSyntax)
	}
	var p Pack
	for d.More() {
		if len(p) == MaxRecords {
			return nil, fmt.Errorf("%w: more than %d records", ErrLimit, MaxRecords)
		}
		r, err := d.record()
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", len(p), err)
		}
		p = append(p, r)
	}
	return p, nil
}

func (d jsonReader) record() (Record, error) {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return Record{}, fmt.Errorf("%w: a record is an object", ErrSyntax)
	}
	var r Record
	var seen fieldSet
	for d.More() {
		if err := d.field(&r, &seen); err != nil {
			return Record{}, err
		}
	}
	_, err := d.Token() // the closing brace
	return r, err
}

func (d jsonReader) field(r *Record, seen *fieldSet) error {
	t, err := d.Token()
	name, isText := t.(string)
	if err != nil || !isText {
		return fmt.Errorf("%w: a label is a string", ErrSyntax)
	}
	l, known := labelOf(name)
	if !known {
		if err := ignorable(name); err != nil {
			return err
		}
		return d.skip()
	}
	if err := seen.add(l); err != nil {
		return fmt.Errorf("field %q: %w", name, err)
	}
	v, err := d.Token()
	if err != nil {
		return fmt.Errorf("field %q: %w: %w", name, ErrValue, err)
	}
	if err := r.setJSON(l, v); err != nil {
		return fmt.Errorf("field %q: %w", name, err)
	}
	return nil
}

// skip passes over one value, however deep, without recursion.
func (d jsonReader) skip() error {
	for depth := 0; ; {
		t, err := d.Token()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrSyntax, err)
		}
		switch t {
		case json.Delim('['), json.Delim('{'):
			depth++
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// setJSON sets the field l to v, a JSON token.
func (r *Record) setJSON(l label, v json.Token) error {
	k := l.kind()
	switch v := v.(type) {
	case float64:
		if k == kindNumber {
			return r.setNumber(l, v)
		}
		if k == kindVersion {
			return r.setVersion(v)
		}
	case string:
		if k == kindText {
			r.setText(l, v)
			return nil
		}
		if k == kindData {
			return r.setBase64(v)
		}
	case bool:
		if k == kindBool {
			r.BoolValue = &v
			return nil
		}
	}
	return fmt.Errorf("%w: wrong type", ErrField)
}

// setVersion takes whole numbers that a uint holds; the rules see to the rest.
func (r *Record) setVersion(v float64) error {
	if v < 0 || v > math.MaxUint8 || v != math.Trunc(v) {
		return fmt.Errorf("%w: %g", ErrVersion, v)
	}
	r.BaseVersion = new(uint(v))
	return nil
}

// setBase64 is strict: one value has one text, so line breaks and stray bits
// at the end are refused.
func (r *Record) setBase64(s string) error {
	data, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || base64.RawURLEncoding.EncodedLen(len(data)) != len(s) {
		return fmt.Errorf("%w: not base64url without padding", ErrField)
	}
	r.DataValue = data
	return nil
}
