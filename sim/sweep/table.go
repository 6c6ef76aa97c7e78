package sweep

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/floormesh/floormesh/sim/result"
)

// A kind is what a column holds.
type kind int

const (
	wholes kind = iota // int64
	numbers
	truths
	texts
)

// column is one column of the table; a nil cell is empty.
type column struct {
	name  string
	kind  kind
	cells []any // int64, float64, bool or string, as the kind says
}

// table is points × what is known of them.
type table struct {
	rows    int
	columns []column
}

// newTable makes a table of first runs: the columns every sweep has, its axes,
// and the leaves of the summaries under dotted names ("finality.p99").
func newTable(outcomes []Outcome) (*table, error) {
	firsts := slices.DeleteFunc(slices.Clone(outcomes), func(o Outcome) bool { return o.Again })
	t := &table{rows: len(firsts)}
	t.fixed(firsts)
	axes, summaries := map[string][]any{}, map[string][]any{}
	for row, o := range firsts {
		for name, value := range o.Axes {
			set(axes, name, row, len(firsts), value)
		}
		if len(o.Summary) == 0 {
			continue
		}
		if err := leaves(o.Summary, func(name string, value any) {
			set(summaries, name, row, len(firsts), value)
		}); err != nil {
			return nil, fmt.Errorf("summary of point %q: %w", o.ID, err)
		}
		if len(axes)+len(summaries) > maxColumns {
			return nil, fmt.Errorf("the summaries up to point %q have more than %d different keys: a key must not hold a value", o.ID, maxColumns)
		}
	}
	t.dynamic(withUnits(axes))
	t.dynamic(summaries)
	return t, nil
}

func (t *table) fixed(firsts []Outcome) {
	for _, c := range []struct {
		name string
		kind kind
		cell func(Outcome) any
	}{
		{"index", wholes, func(o Outcome) any { return int64(o.Index) }},
		{"id", texts, func(o Outcome) any { return o.ID }},
		{"repeat", wholes, func(o Outcome) any { return int64(o.Repeat) }},
		{"seed", wholes, func(o Outcome) any { return seed(o.Seed) }},
		{"state", texts, func(o Outcome) any { return string(o.State) }},
		{"error", texts, func(o Outcome) any { return o.Error }},
		{"fingerprint", texts, func(o Outcome) any { return o.Fingerprint }},
		{"worker", texts, func(o Outcome) any { return o.Worker }},
		{"attempts", wholes, func(o Outcome) any { return int64(o.Attempts) }},
		{"wall_seconds", numbers, func(o Outcome) any { return o.WallSeconds }},
	} {
		cells := make([]any, len(firsts))
		for row, o := range firsts {
			cells[row] = c.cell(o)
		}
		if len(firsts) > 0 && c.name == "seed" {
			c.kind = settle(cells)
		}
		t.columns = append(t.columns, column{c.name, c.kind, cells})
	}
}

// seed is a whole number where it fits; half of all seeds are beyond an int64.
func seed(s uint64) any {
	if s <= math.MaxInt64 {
		return int64(s)
	}
	return strconv.FormatUint(s, 10)
}

// dynamic adds columns in the order of their names. A name that is taken, as
// when a summary repeats its seed, gets a prefix.
func (t *table) dynamic(from map[string][]any) {
	for _, name := range slices.Sorted(maps.Keys(from)) {
		free := name
		for slices.ContainsFunc(t.columns, func(c column) bool { return c.name == free }) {
			free = "summary." + free
		}
		t.columns = append(t.columns, column{free, settle(from[name]), from[name]})
	}
}

func set(columns map[string][]any, name string, row, rows int, value any) {
	if columns[name] == nil {
		columns[name] = make([]any, rows)
	}
	columns[name][row] = value
}

// withUnits makes numbers of axes that are, with their unit in the column's name.
func withUnits(axes map[string][]any) map[string][]any {
	out := make(map[string][]any, len(axes))
	for key, cells := range axes {
		texts, rows := []string{}, []int{}
		for row, cell := range cells {
			if cell != nil {
				texts, rows = append(texts, cell.(string)), append(rows, row)
			}
		}
		axis := result.NewAxis(key, texts)
		for i, n := range axis.Numbers {
			if cells[rows[i]] = any(float64(n) / result.Millionth); n%result.Millionth == 0 {
				cells[rows[i]] = n / result.Millionth
			}
		}
		out["axis."+axis.Name()] = cells
	}
	return out
}

// leaves calls leaf for each value of an object that is neither object nor null;
// an array is kept as its text.
func leaves(summary json.RawMessage, leaf func(name string, value any)) error {
	decoder := json.NewDecoder(bytes.NewReader(summary))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		return err
	}
	var walk func(prefix string, object map[string]any)
	walk = func(prefix string, object map[string]any) {
		for key, value := range object {
			switch value := value.(type) {
			case nil:
			case map[string]any:
				walk(prefix+key+".", value)
			case json.Number:
				leaf(prefix+key, number(value))
			case []any:
				leaf(prefix+key, string(encode(value)))
			default:
				leaf(prefix+key, value)
			}
		}
	}
	walk("", object)
	return nil
}

func number(text json.Number) any {
	if i, err := text.Int64(); err == nil {
		return i
	}
	f, err := text.Float64()
	if err != nil {
		return text.String() // beyond a float64
	}
	return f
}

// settle finds the narrowest kind for a column and converts its cells to it.
func settle(cells []any) kind {
	found := map[kind]bool{}
	for _, cell := range cells {
		switch cell.(type) {
		case int64:
			found[wholes] = true
		case float64:
			found[numbers] = true
		case bool:
			found[truths] = true
		case string:
			found[texts] = true
		}
	}
	switch {
	case len(found) == 1 && !found[texts]:
		for k := range found {
			return k
		}
	case len(found) == 2 && found[wholes] && found[numbers]:
		convert(cells, func(cell any) any {
			if i, ok := cell.(int64); ok {
				return float64(i)
			}
			return cell
		})
		return numbers
	}
	convert(cells, func(cell any) any { return plain(cell) })
	return texts
}

func convert(cells []any, to func(any) any) {
	for i, cell := range cells {
		if cell != nil {
			cells[i] = to(cell)
		}
	}
}

// plain is a cell as CSV has it.
func plain(cell any) string {
	switch cell := cell.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(cell, 'g', -1, 64)
	default:
		return fmt.Sprint(cell)
	}
}

func (t *table) writeCSV(to io.Writer) error {
	out := csv.NewWriter(to)
	line := make([]string, len(t.columns))
	for i, c := range t.columns {
		line[i] = c.name
	}
	if err := out.Write(line); err != nil {
		return err
	}
	for row := range t.rows {
		for i, c := range t.columns {
			line[i] = plain(c.cells[row])
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// Tables writes table.csv and table.parquet: a row for each point that has an
// outcome, in the order of the points, and returns their paths.
func (f *Folder) Tables() (paths []string, err error) {
	outcomes, err := f.Outcomes()
	if err != nil {
		return nil, err
	}
	t, err := newTable(outcomes)
	if err != nil {
		return nil, err
	}
	for _, format := range []struct {
		name  string
		write func(io.Writer) error
	}{{"table.csv", t.writeCSV}, {"table.parquet", t.writeParquet}} {
		path := filepath.Join(f.dir, format.name)
		to, err := os.Create(path)
		if err != nil {
			return nil, fmt.Errorf("write the table: %w", err)
		}
		if err := errors.Join(format.write(to), to.Close()); err != nil {
			return nil, fmt.Errorf("write %s: %w", path, err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}
