package senml

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseJSONRefuses(t *testing.T) {
	long := strings.Repeat("a", MaxNameBytes)
	for _, c := range []struct {
		name, in string
		want     error
	}{
		{"nothing", ``, ErrSyntax},
		{"no JSON", `[{"n":"a","v":1}`, ErrSyntax},
		{"trailing comma", `[{"n":"a","v":1},]`, ErrSyntax},
		{"something after", `[{"n":"a","v":1}] []`, ErrSyntax},
		{"object", `{"n":"a","v":1}`, ErrSyntax},
		{"null", `null`, ErrSyntax},
		{"record is a number", `[1]`, ErrSyntax},
		{"record is an array", `[[]]`, ErrSyntax},
		{"bad UTF-8", "[{\"n\":\"a\",\"vs\":\"\xff\"}]", ErrSyntax},
		{"NaN", `[{"n":"a","v":NaN}]`, ErrSyntax},
		{"empty pack", `[]`, ErrValue},
		{"empty record", `[{}]`, ErrName},
		{"number out of range", `[{"n":"a","v":1e400}]`, ErrValue},
		{"number as text", `[{"n":"a","v":"1"}]`, ErrField},
		{"name as number", `[{"n":1,"v":1}]`, ErrField},
		{"boolean as number", `[{"n":"a","vb":1}]`, ErrField},
		{"value is null", `[{"n":"a","v":null}]`, ErrField},
		{"value is an array", `[{"n":"a","v":[1]}]`, ErrField},
		{"field twice", `[{"n":"a","v":1,"v":1}]`, ErrField},
		{"field twice, once escaped", `[{"n":"a","v":1,"\u0076":1}]`, ErrField},
		{"must be understood", `[{"n":"a","v":1,"x_":1}]`, ErrField},
		{"must be understood, nested", `[{"n":"a","v":1,"_":{"v":[]}}]`, ErrField},
		{"padded base64", `[{"n":"a","vd":"aGkgCg=="}]`, ErrField},
		{"standard base64", `[{"n":"a","vd":"++++"}]`, ErrField},
		{"base64 with stray bits", `[{"n":"a","vd":"aGkgCh"}]`, ErrField},
		{"base64 with a line break", `[{"n":"a","vd":"aGkg\nCg"}]`, ErrField},
		{"no name", `[{"v":1}]`, ErrName},
		{"space in name", `[{"n":"a b","v":1}]`, ErrName},
		{"name starts with a slash", `[{"n":"/a","v":1}]`, ErrName},
		{"base name starts with a colon", `[{"bn":":"},{"n":"a","v":1}]`, ErrName},
		{"umlaut in name", `[{"n":"ü","v":1}]`, ErrName},
		{"base name ended", `[{"bn":"a","v":1},{"bn":"","v":1}]`, ErrName},
		{"long name", `[{"n":"a` + long + `","v":1}]`, ErrLimit},
		{"long name in two parts", `[{"bn":"` + long + `","n":"a","v":1}]`, ErrLimit},
		{"long unit", `[{"n":"a","v":1,"u":"` + long + `"}]`, ErrLimit},
		{"no value", `[{"n":"a"}]`, ErrValue},
		{"no value after base fields", `[{"bn":"a"},{"t":1}]`, ErrValue},
		{"base fields only", `[{"bn":"a"}]`, ErrValue},
		{"two values", `[{"n":"a","v":1,"vb":true}]`, ErrValue},
		{"value and base beyond range", `[{"n":"a","v":1e308,"bv":1e308}]`, ErrValue},
		{"sum and base beyond range", `[{"n":"a","s":1e308,"bs":1e308}]`, ErrValue},
		{"far future", `[{"n":"a","v":1,"t":1e13}]`, ErrLimit},
		{"far past with base", `[{"bt":-2e11,"n":"a","v":1,"t":-2e11}]`, ErrLimit},
		{"version too new", `[{"bver":11,"n":"a","v":1}]`, ErrVersion},
		{"version 0", `[{"bver":0,"n":"a","v":1}]`, ErrVersion},
		{"version below 0", `[{"bver":-1,"n":"a","v":1}]`, ErrVersion},
		{"version in part", `[{"bver":9.5,"n":"a","v":1}]`, ErrVersion},
		{"version far off", `[{"bver":1e300,"n":"a","v":1}]`, ErrVersion},
		{"versions differ", `[{"bver":5,"n":"a","v":1},{"bver":10,"n":"a","v":1}]`, ErrVersion},
		{"version differs from default", `[{"n":"a","v":1},{"bver":5,"n":"a","v":1}]`, ErrVersion},
		{"too many records", `[{"n":"a","v":1}` + strings.Repeat(`,{"n":"a","v":1}`, MaxRecords) + `]`, ErrLimit},
		{"too large", `[{"n":"a","vs":"` + strings.Repeat("x", MaxPackBytes) + `"}]`, ErrLimit},
		{"deep", `[{"n":"a","v":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}]`, ErrSyntax},
	} {
		t.Run(c.name, func(t *testing.T) {
			if p, err := ParseJSON([]byte(c.in)); !errors.Is(err, c.want) {
				t.Errorf("got %v, %v; want error %v", p, err, c.want)
			}
		})
	}
}

func TestParseCBORRefuses(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		want      error
	}{
		{"nothing", "", ErrSyntax},
		{"map", "a0", ErrSyntax},
		{"empty pack", "80", ErrValue},
		{"cut short", "81a2006161", ErrSyntax},
		{"something after", "81a20061610201f6", ErrSyntax},
		{"indefinite array", "9fa20061610201ff", ErrSyntax},
		{"indefinite map", "81bf0061610201ff", ErrSyntax},
		{"indefinite text", "81a2007f6161ff0201", ErrSyntax},
		{"array of 2^64-1", "9bffffffffffffffff", ErrLimit},
		{"map of 2^64-1", "81bbffffffffffffffff", ErrSyntax},
		{"text of 2^64-1", "81a2007bffffffffffffffff", ErrSyntax},
		{"bytes of 2^63", "81a1085b8000000000000000", ErrSyntax},
		{"reserved head", "81a2001c0201", ErrSyntax},
		{"bad UTF-8", "81a20061ff0201", ErrSyntax},
		{"label is a float", "81a30061610201f93c0001", ErrSyntax},
		{"field twice", "81a300616102010202", ErrField},
		{"text of a known label", "81a2616e61610201", ErrField},
		{"must be understood", "81a30061610201625f5f01", ErrField},
		{"name as bytes", "81a20041610201", ErrField},
		{"value as text", "81a2006161026131", ErrField},
		{"data as text", "81a20061610861ff", ErrField},
		{"boolean as number", "81a20061610401", ErrField},
		{"boolean is null", "81a200616104f6", ErrField},
		{"boolean in two bytes", "81a200616104f815", ErrField},
		{"bignum", "81a200616102c24101", ErrField},
		{"decimal fraction of one part", "81a200616102c48101", ErrSyntax},
		{"decimal fraction of floats", "81a200616102c482f93c0001", ErrField},
		{"decimal fraction out of range", "81a200616102c4821903e801", ErrValue},
		{"half NaN", "81a200616102f97e00", ErrValue},
		{"half infinity", "81a200616102f9fc00", ErrValue},
		{"single NaN", "81a200616102fa7fc00000", ErrValue},
		{"double infinity", "81a200616102fb7ff0000000000000", ErrValue},
		{"version as float", "81a3006161020120f94900", ErrField},
		{"version negative", "81a300616102012020", ErrField},
		{"version too new", "81a30061610201200b", ErrVersion},
		{"version 2^64-1", "81a30061610201201bffffffffffffffff", ErrVersion},
		{"deep", "81a300616102016178" + strings.Repeat("81", 40) + "01", ErrSyntax},
		{"ignored value cut short", "81a3006161020161788201", ErrSyntax},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw, err := hex.DecodeString(c.hex)
			if err != nil {
				t.Fatal(err)
			}
			if p, err := ParseCBOR(raw); !errors.Is(err, c.want) {
				t.Errorf("got %v, %v; want error %v", p, err, c.want)
			}
		})
	}
}

func TestParseCBORNumbers(t *testing.T) {
	for _, c := range []struct {
		hex  string
		want float64
	}{
		{"00", 0},
		{"1bffffffffffffffff", 1 << 64},
		{"20", -1},
		{"3903e7", -1000},
		{"f90000", 0},
		{"f90001", 0x1p-24},
		{"f903ff", 1023 * 0x1p-24},
		{"f90400", 0x1p-14},
		{"f93e00", 1.5},
		{"f97bff", 65504},
		{"f9c400", -4},
		{"fa47c35000", 100000},
		{"fb3ff199999999999a", 1.1},
		{"c48221196ab3", 273.15},                // RFC 8949 section 3.4.4
		{"c482211903e7", 9.99},                  // one rounding, of 999e-2
		{"c4822120", -0.01},                     // both negative
		{"c4823b7fffffffffffffff01", 0},         // underflows
		{"c482001b7fffffffffffffff", 1<<63 - 1}, // longest mantissa
		{"c482003b7fffffffffffffff", -1 << 63},
	} {
		raw, err := hex.DecodeString("81a200616102" + c.hex)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ParseCBOR(raw)
		if err != nil {
			t.Errorf("%s: %v", c.hex, err)
		} else if got := *p[0].Value; got != c.want {
			t.Errorf("%s: got %v, want %v", c.hex, got, c.want)
		}
	}
}

func TestFloat16AgainstFloat32(t *testing.T) {
	for i := range 1 << 16 {
		bits := uint16(i)
		got := float16(bits)
		// The definition again: rebase the exponent, which float32 has wider.
		sign, exponent, fraction := uint32(bits)>>15, uint32(bits)>>10&0x1f, uint32(bits)&0x3ff
		if exponent == 0 || exponent == 31 {
			continue // subnormal and infinite: in the tables
		}
		want := float64(math.Float32frombits(sign<<31 | (exponent+112)<<23 | fraction<<13))
		if got != want {
			t.Fatalf("float16(%#04x) = %v, want %v", bits, got, want)
		}
	}
}

// Fields that nobody knows, and that need not be known, change nothing.
func TestUnknownFieldsAreIgnored(t *testing.T) {
	want := Pack{{Name: "a", Value: new(1.0)}}
	for _, in := range []string{
		`[{"n":"a","v":1}]`,
		`[{"l":"[]","n":"a","N":"b","V":2,"v":1,"":null,"x_y":{"v":[{"v_":2}]}}]`,
		`[{"z":` + strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000) + `,"n":"a","v":1}]`,
	} {
		got, err := ParseJSON([]byte(in))
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%.60s: got %v, %v", in, got, err)
		}
	}
	for _, in := range []string{
		"81a20061610201",
		"81a40061610201" + "09f626a10102",         // integer labels 9 and -7
		"81a30061610201" + "3bffffffffffffffff00", // -2^64
		"81a30061610201" + "19010200",             // 258 is not 2
		"81a30061610201" + "616c8263616263c100",   // "l", with an array and a tag
	} {
		raw, err := hex.DecodeString(in)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseCBOR(raw)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: got %v, %v", in, got, err)
		}
	}
}

func TestEncodeCBORIsDeterministic(t *testing.T) {
	p := Pack{{
		BaseName: new("d/"), BaseTime: new(1276020076.001), BaseUnit: new(""), BaseValue: new(1.0), BaseSum: new(2.0), BaseVersion: new(uint(10)),
		Name: "n", Unit: new("V"), DataValue: Data{}, Sum: new(0.1), Time: new(-0.5), UpdateTime: new(60.0),
	}}
	got, err := p.EncodeCBOR()
	if err != nil {
		t.Fatal(err)
	}
	const want = "81ac" + "00616e" + "016156" + "05fb3fb999999999999a" + "06f9b800" + "07f95380" + "0840" +
		"200a" + "2162642f" + "22fb41d303a15b001062" + "2360" + "24f93c00" + "25f94000"
	if hex.EncodeToString(got) != want {
		t.Errorf("got  %x\nwant %s", got, want)
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		pack Pack
		want error
	}{
		{"nothing", nil, ErrValue},
		{"not finite", Reading("d", "m", "", math.NaN(), 0), ErrValue},
		{"bad name", Reading("d d", "m", "", 1, 0), ErrName},
		{"bad UTF-8", Reading("d", "m", "\xff", 1, 0), ErrSyntax},
		{"two values", Pack{{Name: "a", Value: new(1.0), DataValue: Data{}}}, ErrValue},
		{"too large", Pack{{Name: "a", DataValue: make(Data, MaxPackBytes)}}, ErrLimit},
		{"time", Pack{{Name: "a", Value: new(1.0), Time: new(math.Inf(-1))}}, ErrValue},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := c.pack.EncodeJSON(); !errors.Is(err, c.want) {
				t.Errorf("JSON: got %v, want %v", err, c.want)
			}
			if _, err := c.pack.EncodeCBOR(); !errors.Is(err, c.want) {
				t.Errorf("CBOR: got %v, want %v", err, c.want)
			}
			if _, err := c.pack.Resolve(now); err == nil && c.name != "too large" {
				t.Error("resolved")
			}
		})
	}
}

func TestDevice(t *testing.T) {
	for _, c := range []struct {
		pack Pack
		want string
	}{
		{nil, ""},
		{Reading("press-7", "oil", "Cel", 1, 0), "press-7"},
		{Pack{{BaseName: new("urn:dev:mac:0024befffe804ff1:")}}, "urn:dev:mac:0024befffe804ff1"},
		{Pack{{BaseName: new("urn:dev:ow:10e2073a01080063")}}, "urn:dev:ow:10e2073a01080063"},
		{Pack{{Name: "hall/press-7/oil"}}, "hall/press-7"},
		{Pack{{BaseName: new(""), Name: "press-7/oil"}}, "press-7"},
		{Pack{{Name: "urn:dev:ow:10e2073a01080063"}}, "urn:dev:ow:10e2073a01080063"},
	} {
		if got := c.pack.Device(); got != c.want {
			t.Errorf("Device of %v: got %q, want %q", c.pack, got, c.want)
		}
	}
}

// A pack must stay valid when its source's bytes change.
func TestPackOwnsItsMemory(t *testing.T) {
	p := Pack{{BaseName: new("d/"), Name: "n", Unit: new("V"), DataValue: Data("data")}}
	raw, err := p.EncodeCBOR()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseCBOR(raw)
	if err != nil {
		t.Fatal(err)
	}
	clear(raw)
	if diff := cmp.Diff(p, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestErrorsNameTheRecord(t *testing.T) {
	_, err := ParseJSON([]byte(`[{"bn":"a"},{"v":"1"}]`))
	if err == nil || !strings.Contains(err.Error(), "record 1") || !strings.Contains(err.Error(), `"v"`) {
		t.Errorf("got %v", err)
	}
}

func ExampleReading() {
	p := Reading("press-7", "oil", "Cel", 61.5, 1_700_000_000_250)
	b, err := p.EncodeJSON()
	fmt.Println(string(b), err)
	// Output: [{"bn":"press-7/","n":"oil","u":"Cel","v":61.5,"t":1700000000.25}] <nil>
}

func ExamplePack_Resolve() {
	p, err := ParseJSON([]byte(`[{"bn":"press-7/","n":"oil","u":"Cel","v":61.5},{"n":"oil","u":"Cel","t":-10,"v":61.7}]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err = p.Resolve(1_700_000_000_000)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range p {
		fmt.Println(r.Name, *r.Value, *r.Unit, int64(*r.Time))
	}
	// Output:
	// press-7/oil 61.7 Cel 1699999990
	// press-7/oil 61.5 Cel 1700000000
}

func BenchmarkParseCBOR(b *testing.B) {
	raw, err := Reading("press-7", "oil", "Cel", 61.5, now).EncodeCBOR()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, err := ParseCBOR(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseJSON(b *testing.B) {
	raw, err := Reading("press-7", "oil", "Cel", 61.5, now).EncodeJSON()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, err := ParseJSON(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeCBOR(b *testing.B) {
	p := Reading("press-7", "oil", "Cel", 61.5, now)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.EncodeCBOR(); err != nil {
			b.Fatal(err)
		}
	}
}
