package senml

import (
	"fmt"
	"math"
	"strings"
)

// label is a field's integer label (RFC 8428 table 6), in both forms.
type label int8

const (
	labelBaseSum     label = -6
	labelBaseValue   label = -5
	labelBaseUnit    label = -4
	labelBaseTime    label = -3
	labelBaseName    label = -2
	labelBaseVersion label = -1
	labelName        label = 0
	labelUnit        label = 1
	labelValue       label = 2
	labelStringValue label = 3
	labelBoolValue   label = 4
	labelSum         label = 5
	labelTime        label = 6
	labelUpdateTime  label = 7
	labelDataValue   label = 8
)

// kind is the type of a field's value.
type kind uint8

const (
	kindNumber kind = iota
	kindText
	kindBool
	kindData
	kindVersion
)

// kind returns the type of the values that l takes.
func (l label) kind() kind {
	switch l {
	case labelBaseName, labelBaseUnit, labelName, labelUnit, labelStringValue:
		return kindText
	case labelBoolValue:
		return kindBool
	case labelDataValue:
		return kindData
	case labelBaseVersion:
		return kindVersion
	default:
		return kindNumber
	}
}

// labelOf returns the label whose text form is s.
func labelOf(s string) (l label, known bool) {
	switch s {
	case "bs":
		return labelBaseSum, true
	case "bv":
		return labelBaseValue, true
	case "bu":
		return labelBaseUnit, true
	case "bt":
		return labelBaseTime, true
	case "bn":
		return labelBaseName, true
	case "bver":
		return labelBaseVersion, true
	case "n":
		return labelName, true
	case "u":
		return labelUnit, true
	case "v":
		return labelValue, true
	case "vs":
		return labelStringValue, true
	case "vb":
		return labelBoolValue, true
	case "s":
		return labelSum, true
	case "t":
		return labelTime, true
	case "ut":
		return labelUpdateTime, true
	case "vd":
		return labelDataValue, true
	default:
		return 0, false
	}
}

// ignorable returns an error if s, a label nobody here knows, must be understood.
func ignorable(s string) error {
	if strings.HasSuffix(s, "_") {
		return fmt.Errorf("%w: %.32q must be understood and is not", ErrField, s)
	}
	return nil
}

// fieldSet is the set of labels that a record has had so far.
type fieldSet uint16

// add puts l into the set, once.
func (f *fieldSet) add(l label) error {
	bit := fieldSet(1) << (l - labelBaseSum)
	if *f&bit != 0 {
		return fmt.Errorf("%w: given twice", ErrField)
	}
	*f |= bit
	return nil
}

func (r *Record) setNumber(l label, v float64) error {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("%w: not a finite number", ErrValue)
	}
	switch l {
	case labelBaseTime:
		r.BaseTime = &v
	case labelBaseValue:
		r.BaseValue = &v
	case labelBaseSum:
		r.BaseSum = &v
	case labelValue:
		r.Value = &v
	case labelSum:
		r.Sum = &v
	case labelTime:
		r.Time = &v
	case labelUpdateTime:
		r.UpdateTime = &v
	default:
		panic(fmt.Sprintf("senml: label %d is no number", l))
	}
	return nil
}

func (r *Record) setText(l label, v string) {
	switch l {
	case labelBaseName:
		r.BaseName = &v
	case labelBaseUnit:
		r.BaseUnit = &v
	case labelName:
		r.Name = v
	case labelUnit:
		r.Unit = &v
	case labelStringValue:
		r.StringValue = &v
	default:
		panic(fmt.Sprintf("senml: label %d is no text", l))
	}
}
