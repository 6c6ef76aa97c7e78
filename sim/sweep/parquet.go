package sweep

import (
	"errors"
	"io"

	"github.com/parquet-go/parquet-go"
)

// writeParquet writes the table with one optional column for each of its own.
// Parquet's groups sort their columns by name.
func (t *table) writeParquet(to io.Writer) error {
	group := parquet.Group{}
	byName := make(map[string]column, len(t.columns))
	for _, c := range t.columns {
		group[c.name] = parquet.Compressed(parquet.Optional(node(c.kind)), &parquet.Zstd)
		byName[c.name] = c
	}
	schema := parquet.NewSchema("points", group)
	out := parquet.NewWriter(to, schema)
	row := make(parquet.Row, len(t.columns))
	for i := range t.rows {
		for at, path := range schema.Columns() {
			row[at] = cell(byName[path[0]].cells[i]).Level(0, defined(byName[path[0]].cells[i]), at)
		}
		if _, err := out.WriteRows([]parquet.Row{row}); err != nil {
			return errors.Join(err, out.Close())
		}
	}
	return out.Close()
}

func node(k kind) parquet.Node {
	switch k {
	case wholes:
		return parquet.Int(64)
	case numbers:
		return parquet.Leaf(parquet.DoubleType)
	case truths:
		return parquet.Leaf(parquet.BooleanType)
	default:
		return parquet.String()
	}
}

func cell(v any) parquet.Value {
	if v == nil {
		return parquet.NullValue()
	}
	return parquet.ValueOf(v)
}

// defined is the definition level of an optional cell.
func defined(v any) int {
	if v == nil {
		return 0
	}
	return 1
}
