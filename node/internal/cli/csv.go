package cli

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/floormesh/floormesh/dag/senml"
)

// column is one column of a CSV file.
type column struct{ name, unit string }

// parseCSV makes one record of each line: the readings that share its time.
// The first line names the columns, "oil [Cel]" with a unit. A value that is
// no number is text; an empty one is no reading.
func parseCSV(text []byte, path, device, timeColumn string) ([]payload, error) {
	rows := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	rows.ReuseRecord = true
	rows.TrimLeadingSpace = true
	head, err := rows.Read()
	if err != nil {
		return nil, failed(fmt.Errorf("%s: %w", path, err), "the first line names the columns: time,oil [Cel],pressure [bar]")
	}
	columns := make([]column, len(head))
	for i, text := range head {
		columns[i] = parseColumn(text)
	}
	at, err := findTime(columns, timeColumn)
	if err != nil {
		return nil, failed(fmt.Errorf("%s: %w", path, err), "name the column with the time: --time-column NAME")
	}
	var all []payload
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		line, _ := rows.FieldPos(0)
		from := fmt.Sprintf("%s:%d", path, line)
		if err != nil {
			return nil, failed(fmt.Errorf("%s: %w", path, err), "every line has one value per column; quote those with commas in them")
		}
		p, err := parseRow(columns, at, row, device, from)
		if err != nil {
			return nil, failed(err, "times are like 2026-01-02T15:04:05Z or seconds since 1970, names have letters, digits, - : . / and _")
		}
		if p != nil {
			all = append(all, *p)
		}
	}
}

// parseColumn takes "oil [Cel]" and "oil (Cel)" apart.
func parseColumn(head string) column {
	head = strings.TrimSpace(head)
	for _, brackets := range []string{"[]", "()"} {
		open := strings.IndexByte(head, brackets[0])
		if open > 0 && head[len(head)-1] == brackets[1] {
			return column{columnName(head[:open]), strings.TrimSpace(head[open+1 : len(head)-1])}
		}
	}
	return column{name: columnName(head)}
}

// columnName makes a SenML name of a heading: blanks are not allowed in one.
func columnName(text string) string { return strings.Join(strings.Fields(text), "_") }

func findTime(columns []column, wanted string) (int, error) {
	names := []string{"time", "timestamp", "ts", "date", "datetime"}
	if wanted != "" {
		names = []string{strings.ToLower(columnName(wanted))}
	}
	at := slices.IndexFunc(columns, func(c column) bool { return slices.Contains(names, strings.ToLower(c.name)) })
	if at < 0 {
		return 0, fmt.Errorf("no column is called %s", strings.Join(names, ", "))
	}
	return at, nil
}

// parseRow returns nil for a line without a reading.
func parseRow(columns []column, timeAt int, row []string, device, from string) (*payload, error) {
	when, err := parseTime(row[timeAt])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	var pack senml.Pack
	for i, text := range row {
		if text = strings.TrimSpace(text); i != timeAt && text != "" {
			pack = append(pack, reading(columns[i], text))
		}
	}
	if len(pack) == 0 {
		return nil, nil //nolint:nilnil // there is nothing to publish
	}
	base := device + "/"
	pack[0].BaseName, pack[0].BaseTime = &base, &when
	p, err := encode(pack, from)
	return &p, err
}

func reading(c column, text string) senml.Record {
	r := senml.Record{Name: c.name}
	if c.unit != "" {
		r.Unit = &c.unit
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(n, 0) && !math.IsNaN(n) {
		r.Value = &n
	} else {
		r.StringValue = &text
	}
	return r
}

// parseTime returns seconds since 1970.
func parseTime(text string) (float64, error) {
	text = strings.TrimSpace(text)
	if s, err := strconv.ParseFloat(text, 64); err == nil {
		return s, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return float64(t.UnixMicro()) / 1e6, nil
		}
	}
	// Without a zone it is the one of the machine that wrote it, most likely this one.
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return float64(t.UnixMicro()) / 1e6, nil
		}
	}
	return 0, fmt.Errorf("%q is no time", text)
}
