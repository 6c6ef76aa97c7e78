package senml

import "encoding/base64"

// Pack is a SenML Pack, at least one and at most MaxRecords records.
type Pack []Record

// Record is a SenML Record. A nil field is absent, which is not the same as
// empty: an empty BaseName ends the one in effect, an empty StringValue is a
// value. Only for Name are the two equal, so it is plain. Times are seconds,
// relative to now when base time and time add up to less than 2^28, else
// since 1970. The numbers are the labels of RFC 8428 table 6.
type Record struct {
	BaseName    *string  `json:"bn,omitzero"   cbor:"-2,keyasint,omitzero"` // prepended to names
	BaseTime    *float64 `json:"bt,omitzero"   cbor:"-3,keyasint,omitzero"` // added to times
	BaseUnit    *string  `json:"bu,omitzero"   cbor:"-4,keyasint,omitzero"` // where no unit is given
	BaseValue   *float64 `json:"bv,omitzero"   cbor:"-5,keyasint,omitzero"` // added to numeric values
	BaseSum     *float64 `json:"bs,omitzero"   cbor:"-6,keyasint,omitzero"` // added to sums
	BaseVersion *uint    `json:"bver,omitzero" cbor:"-1,keyasint,omitzero"` // 1 … Version; absent means Version

	Name string  `json:"n,omitzero" cbor:"0,keyasint,omitzero"`
	Unit *string `json:"u,omitzero" cbor:"1,keyasint,omitzero"`

	// At most one of the four values is set.
	Value       *float64 `json:"v,omitzero"  cbor:"2,keyasint,omitzero"`
	StringValue *string  `json:"vs,omitzero" cbor:"3,keyasint,omitzero"`
	BoolValue   *bool    `json:"vb,omitzero" cbor:"4,keyasint,omitzero"`
	DataValue   Data     `json:"vd,omitzero" cbor:"8,keyasint,omitzero"`

	Sum        *float64 `json:"s,omitzero"  cbor:"5,keyasint,omitzero"` // unit times seconds
	Time       *float64 `json:"t,omitzero"  cbor:"6,keyasint,omitzero"`
	UpdateTime *float64 `json:"ut,omitzero" cbor:"7,keyasint,omitzero"` // next update within so many seconds
}

// Data is a binary value: a byte string in CBOR, base64url without padding in
// JSON. Nil is absent, empty is a value of no bytes.
type Data []byte

// MarshalText returns d as it stands in JSON.
func (d Data) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, d), nil
}

// values counts the value fields that are present.
func (r *Record) values() int {
	n := 0
	for _, present := range [...]bool{r.Value != nil, r.StringValue != nil, r.BoolValue != nil, r.DataValue != nil} {
		if present {
			n++
		}
	}
	return n
}

// hasBase reports whether any base field is present.
func (r *Record) hasBase() bool {
	return r.BaseName != nil || r.BaseTime != nil || r.BaseUnit != nil ||
		r.BaseValue != nil || r.BaseSum != nil || r.BaseVersion != nil
}

// onlyBase reports whether r sets base fields and is no measurement itself.
func (r *Record) onlyBase() bool {
	return r.hasBase() && r.Name == "" && r.Unit == nil && r.values() == 0 &&
		r.Sum == nil && r.Time == nil && r.UpdateTime == nil
}
