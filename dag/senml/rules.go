package senml

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// bases is what the base fields add up to at some record of a pack.
type bases struct {
	name    string
	unit    *string
	time    float64
	value   *float64
	sum     *float64
	version uint
}

// newBases returns what applies before the first record. The version is the
// whole pack's: the first record gives it, or none may differ from the default.
func newBases(p Pack) bases {
	b := bases{version: Version}
	if len(p) > 0 && p[0].BaseVersion != nil {
		b.version = *p[0].BaseVersion
	}
	return b
}

// take applies r's base fields, for r itself and the records after it.
func (b *bases) take(r *Record) {
	if r.BaseName != nil {
		b.name = *r.BaseName
	}
	if r.BaseTime != nil {
		b.time = *r.BaseTime
	}
	if r.BaseUnit != nil {
		b.unit = r.BaseUnit
	}
	if r.BaseValue != nil {
		b.value = r.BaseValue
	}
	if r.BaseSum != nil {
		b.sum = r.BaseSum
	}
}

// timeOf returns r's time with the base time, still relative if it is.
func (b *bases) timeOf(r *Record) float64 { return b.time + zeroIfNil(r.Time) }

// valueOf returns r's numeric value with the base value, if it has one.
func (b *bases) valueOf(r *Record) (v float64, ok bool) {
	if r.Value == nil && (b.value == nil || r.Sum != nil || r.values() > 0) {
		return 0, false
	}
	return zeroIfNil(r.Value) + zeroIfNil(b.value), true
}

// sumOf returns r's sum with the base sum, if it has one.
func (b *bases) sumOf(r *Record) (v float64, ok bool) {
	return zeroIfNil(r.Sum) + zeroIfNil(b.sum), r.Sum != nil || b.sum != nil
}

func zeroIfNil(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

// check applies every rule to p.
func (p Pack) check() error {
	if len(p) == 0 {
		return fmt.Errorf("%w: no record", ErrValue)
	}
	if len(p) > MaxRecords {
		return fmt.Errorf("%w: %d records, at most %d", ErrLimit, len(p), MaxRecords)
	}
	b, measurements := newBases(p), 0
	for i := range p {
		r := &p[i]
		b.take(r)
		if err := b.check(r); err != nil {
			return fmt.Errorf("record %d: %w", i, err)
		}
		if !r.onlyBase() {
			measurements++
		}
	}
	if measurements == 0 {
		return fmt.Errorf("%w: base fields only, no measurement", ErrValue)
	}
	return nil
}

// check applies the rules to one record, whose base fields b has taken.
func (b *bases) check(r *Record) error {
	if err := b.checkVersion(r.BaseVersion); err != nil {
		return err
	}
	if err := checkNumbers(r); err != nil {
		return err
	}
	if err := checkTexts(r); err != nil {
		return err
	}
	if r.onlyBase() {
		// Its base name may be anything that a name can begin with.
		return checkName(b.name, "x")
	}
	if err := checkName(b.name, r.Name); err != nil {
		return err
	}
	if err := b.checkValue(r); err != nil {
		return err
	}
	return checkTime(b.timeOf(r))
}

// checkVersion: all records of a pack have one version (section 4.4).
func (b *bases) checkVersion(v *uint) error {
	if b.version < 1 || b.version > Version {
		return fmt.Errorf("%w: %d, understood are 1 to %d", ErrVersion, b.version, Version)
	}
	if v != nil && *v != b.version {
		return fmt.Errorf("%w: %d in a pack of version %d", ErrVersion, *v, b.version)
	}
	return nil
}

func checkNumbers(r *Record) error {
	for _, v := range [...]*float64{r.BaseTime, r.BaseValue, r.BaseSum, r.Value, r.Sum, r.Time, r.UpdateTime} {
		if v != nil && !finite(*v) {
			return fmt.Errorf("%w: not a finite number", ErrValue)
		}
	}
	return nil
}

func checkTexts(r *Record) error {
	for _, unit := range [...]*string{r.BaseUnit, r.Unit} {
		if unit != nil && len(*unit) > MaxUnitBytes {
			return fmt.Errorf("%w: unit of %d bytes, at most %d", ErrLimit, len(*unit), MaxUnitBytes)
		}
	}
	for _, text := range [...]*string{r.BaseUnit, r.Unit, r.StringValue} {
		if text != nil && !utf8.ValidString(*text) {
			return fmt.Errorf("%w: text is not UTF-8", ErrSyntax)
		}
	}
	return nil
}

// checkName applies section 4.5.1 to the name that base and name make together.
func checkName(base, name string) error {
	n := len(base) + len(name)
	if n > MaxNameBytes {
		return fmt.Errorf("%w: name of %d bytes, at most %d", ErrLimit, n, MaxNameBytes)
	}
	if n == 0 {
		return fmt.Errorf("%w: neither name nor base name", ErrName)
	}
	for i := range n {
		var c byte
		if i < len(base) {
			c = base[i]
		} else {
			c = name[i-len(base)]
		}
		if !nameByte(c, i == 0) {
			return fmt.Errorf("%w: %q at position %d of %q", ErrName, c, i, base+name)
		}
	}
	return nil
}

// nameByte reports whether c may stand in a name, or at its start.
func nameByte(c byte, start bool) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	case c == '-', c == ':', c == '.', c == '/', c == '_':
		return !start
	default:
		return false
	}
}

// checkValue: exactly one value, or a sum, or what the base fields give; and
// base and own part together are still numbers.
func (b *bases) checkValue(r *Record) error {
	n := r.values()
	if n > 1 {
		return fmt.Errorf("%w: %d values, at most one", ErrValue, n)
	}
	value, hasValue := b.valueOf(r)
	sum, hasSum := b.sumOf(r)
	if n == 0 && !hasValue && !hasSum {
		return fmt.Errorf("%w: neither value nor sum", ErrValue)
	}
	if !finite(value) || !finite(sum) {
		return fmt.Errorf("%w: too large with its base", ErrValue)
	}
	return nil
}

func checkTime(seconds float64) error {
	if math.Abs(seconds) > MaxTimeSeconds { // an infinite sum, too
		return fmt.Errorf("%w: time %g s, at most %d", ErrLimit, seconds, int64(MaxTimeSeconds))
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
