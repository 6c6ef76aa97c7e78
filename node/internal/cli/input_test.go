package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floormesh/floormesh/dag/senml"
)

func TestParseCSV(t *testing.T) {
	const text = "\ufeffTimestamp,oil [Cel],flow rate (l/min),state,1st\n" +
		"2026-01-02T03:04:05.5Z,61.5,,running,1\n" +
		"1767323046, 62 ,4,,NaN\n" +
		"1767323047,,,,\n"
	rows, err := parseCSV([]byte(text), "shift.csv", "press-7", "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		pack, err := senml.ParseCBOR(r.bytes)
		if err != nil {
			t.Fatal(err)
		}
		line, err := pack.EncodeJSON()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r.from+" "+string(line))
	}
	want := []string{
		`shift.csv:2 [{"bn":"press-7/","bt":1767323045.5,"n":"oil","u":"Cel","v":61.5},{"n":"state","vs":"running"},{"n":"1st","v":1}]`,
		`shift.csv:3 [{"bn":"press-7/","bt":1767323046,"n":"oil","u":"Cel","v":62},{"n":"flow_rate","u":"l/min","v":4},{"n":"1st","vs":"NaN"}]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestParseCSVSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "x.csv: EOF",
		"a,b\n1,2\n":              "x.csv: no column is called time, timestamp, ts, date, datetime",
		"time,b\nsoon,2\n":        `x.csv:2: "soon" is no time`,
		"time,b\n1767323045\n":    "x.csv: record on line 2: wrong number of fields",
		"time,&\n1767323045,2\n":  "x.csv:2: record 0: senml: bad name",
		"time,b\n17,2\n1e300,2\n": "x.csv:3: record 0: senml: over a limit",
	} {
		_, err := parseCSV([]byte(text), "x.csv", "d", "")
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s…", text, err, want)
		}
	}
}

func TestMaskNumbers(t *testing.T) {
	got := maskNumbers([]string{"publish", "-3.5", "-.5", "--unit", "Cel", "-h", "4", "-"})
	want := []string{"publish", " -3.5", " -.5", "--unit", "Cel", "-h", "4", "-"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	numbers, ok := parseNumbers([]string{" -3.5", "4"})
	if diff := cmp.Diff([]float64{-3.5, 4}, numbers); diff != "" || !ok {
		t.Errorf("%t (-want +got)\n%s", ok, diff)
	}
}
