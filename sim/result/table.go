package result

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// A table is one Parquet file of a folder and its place in a Run.
type table struct {
	file   string
	always bool // written even without rows
	write  func(w io.Writer, r *Run) error
	read   func(f *os.File, size int64, r *Run) error
	csv    func(w io.Writer, r *Run) error
	count  func(r *Run) int
}

// tableOf describes a table whose rows are got from a run and put into one.
// put refuses rows that cannot be.
func tableOf[T any](file string, get func(*Run) []T, put func(*Run, []T) error) table {
	return table{
		file:   file,
		always: true,
		write:  func(w io.Writer, r *Run) error { return writeParquet(w, get(r)) },
		read: func(f *os.File, size int64, r *Run) error {
			rows, err := readParquet[T](f, size)
			if err != nil {
				return err
			}
			return put(r, rows)
		},
		csv:   func(w io.Writer, r *Run) error { return writeCSV(w, get(r)) },
		count: func(r *Run) int { return len(get(r)) },
	}
}

// writeParquet writes rows so that equal rows give equal bytes.
func writeParquet[T any](w io.Writer, rows []T) error {
	out := parquet.NewGenericWriter[T](w, parquet.Compression(&parquet.Zstd), parquet.CreatedBy("floorsim", strconv.Itoa(Schema), ""))
	if _, err := out.Write(rows); err != nil {
		return err
	}
	return out.Close()
}

// readParquet reads rows. What a file claims is believed only as far as it goes: memory grows with the rows
// that are there. The library that reads files panics on some that are not what they
// seem, in its own slices and before it has changed anything of ours; that is an error of the file.
func readParquet[T any](f io.ReaderAt, size int64) (rows []T, err error) {
	defer func() {
		if r := recover(); r != nil {
			rows, err = nil, fmt.Errorf("no whole table: %v", r)
		}
	}()
	file, err := parquet.OpenFile(f, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, err
	}
	if n := file.NumRows(); n < 0 || n > maxRows {
		return nil, fmt.Errorf("%d rows, at most %d are read", n, maxRows)
	}
	if got, want := file.Schema().String(), parquet.SchemaOf(new(T)).String(); columns(got) != columns(want) {
		return nil, fmt.Errorf("its columns are %q, not %q", columns(got), columns(want))
	}
	return readRows[T](file, int(file.NumRows()))
}

func readRows[T any](file *parquet.File, total int) (rows []T, err error) {
	in := parquet.NewGenericReader[T](file)
	for len(rows) < total {
		have := len(rows)
		rows = append(rows, make([]T, min(total-have, rowsAtATime))...)
		n, err := in.Read(rows[have:])
		rows = rows[:have+n]
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("row %d: %w", len(rows), err)
		case len(rows) < total && (err != nil || n == 0):
			return nil, fmt.Errorf("it ends after row %d of %d", len(rows), total)
		}
	}
	return rows, in.Close()
}

// columns returns the columns in a schema's text, without the schema's own name.
func columns(schema string) string {
	_, body, _ := strings.Cut(schema, "{")
	return strings.Join(strings.Fields(body), " ")
}

// writeCSV writes rows under the names of their Parquet columns. A list is its
// numbers with spaces between.
func writeCSV[T any](w io.Writer, rows []T) error {
	out := csv.NewWriter(w)
	kind := reflect.TypeFor[T]()
	line := make([]string, kind.NumField())
	for i := range line {
		line[i], _, _ = strings.Cut(kind.Field(i).Tag.Get("parquet"), ",")
	}
	if err := out.Write(line); err != nil {
		return err
	}
	for i := range rows {
		row := reflect.ValueOf(&rows[i]).Elem()
		for c := range line {
			line[c] = cell(row.Field(c))
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func cell(v reflect.Value) string {
	switch {
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	case v.Kind() == reflect.Slice:
		return strings.Trim(fmt.Sprint(v.Interface()), "[]")
	}
	return fmt.Sprint(v.Interface())
}
