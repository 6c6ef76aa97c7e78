package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
)

// payload is what one record will say.
type payload struct {
	format dag.ContentFormat
	bytes  []byte
	from   string // where it came from, for errors
}

// payloads reads all input before anything is sent: half a file that was
// published because its middle is malformed would be a riddle.
func (c *publishCommand) payloads(s *streams, key dag.PrivateKey) ([]payload, error) {
	name := c.Name
	if name == "" {
		name = key.Public().String()[:32]
	}
	if numbers, ok := parseNumbers(c.Input); ok {
		return c.numbers(name, numbers)
	}
	var all []payload
	for _, path := range c.Input {
		more, err := c.file(s.in, path, name)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	if len(all) == 0 {
		return nil, failed(fmt.Errorf("%s: no readings", strings.Join(c.Input, ", ")), "a CSV file needs a line of column names and at least one line of values")
	}
	return all, nil
}

func parseNumbers(texts []string) ([]float64, bool) {
	var numbers []float64
	for _, text := range texts {
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64) // see maskNumbers
		if err != nil {
			return nil, false
		}
		numbers = append(numbers, n)
	}
	return numbers, true
}

// numbers makes one record of each number. Each has a time of its own, lest
// two equal readings be taken for one that was sent twice.
func (c *publishCommand) numbers(name string, numbers []float64) ([]payload, error) {
	if c.Measurement == "" {
		return nil, misused(fmt.Errorf("what do %d numbers measure?", len(numbers)),
			fmt.Sprintf("floormesh publish --device FILE --measurement temperature --unit Cel %v", numbers[0]))
	}
	now := dag.UnixMilli(time.Now().UnixMilli())
	all := make([]payload, 0, len(numbers))
	for i, n := range numbers {
		at := now - dag.UnixMilli(len(numbers)-1-i)
		p, err := encode(senml.Reading(name, c.Measurement, c.Unit, n, at), fmt.Sprintf("number %v", n))
		if err != nil {
			return nil, misused(err, "names begin with a letter or digit and have letters, digits, - : . / and _")
		}
		all = append(all, p)
	}
	return all, nil
}

func encode(pack senml.Pack, from string) (payload, error) {
	raw, err := pack.EncodeCBOR()
	if err != nil {
		return payload{}, fmt.Errorf("%s: %w", from, err)
	}
	return payload{dag.FormatSenMLCBOR, raw, from}, nil
}

func (c *publishCommand) file(stdin io.Reader, path, name string) ([]payload, error) {
	format, err := c.formatOf(path)
	if err != nil {
		return nil, err
	}
	text, err := readInput(stdin, path)
	if err != nil {
		return nil, failed(err, "name numbers, or files that are there")
	}
	switch format {
	case "csv":
		return parseCSV(text, path, name, c.TimeColumn)
	case "senml-cbor":
		return onePack(dag.FormatSenMLCBOR, text, path)
	default:
		return onePack(dag.FormatSenMLJSON, text, path)
	}
}

func (c *publishCommand) formatOf(path string) (string, error) {
	if c.Format != "" {
		return c.Format, nil
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		return "csv", nil
	case ".json", ".senml":
		return "senml", nil
	case ".cbor", ".senmlc":
		return "senml-cbor", nil
	}
	return "", misused(fmt.Errorf("%q is no number, and its name does not say what the file holds", path), "add --format senml, senml-cbor or csv")
}

func readInput(stdin io.Reader, path string) ([]byte, error) {
	from := stdin
	if path != "-" {
		f, err := os.Open(path) //nolint:gosec // the caller names it
		if err != nil {
			return nil, err
		}
		defer f.Close() //nolint:errcheck // read only
		from = f
	}
	text, err := io.ReadAll(io.LimitReader(from, maxInputBytes+1))
	if err == nil && len(text) > maxInputBytes {
		err = fmt.Errorf("%s has more than %d bytes", path, maxInputBytes)
	}
	return text, err
}

// onePack checks a SenML pack and brings it into the deterministic CBOR form.
func onePack(format dag.ContentFormat, text []byte, path string) ([]payload, error) {
	parse := senml.ParseJSON
	if format == dag.FormatSenMLCBOR {
		parse = senml.ParseCBOR
	}
	pack, err := parse(text)
	if err != nil {
		return nil, failed(fmt.Errorf("%s: %w", path, err), "RFC 8428 says what a SenML pack may hold; a shortest one is [{\"n\":\"press-7/oil\",\"u\":\"Cel\",\"v\":61.5}]")
	}
	p, err := encode(pack, path)
	if err != nil {
		return nil, failed(err, "split it into several files")
	}
	return []payload{p}, nil
}
