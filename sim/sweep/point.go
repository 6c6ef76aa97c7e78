package sweep

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/floormesh/floormesh/sim/internal/untrusted"
)

// A Point is one run of a sweep.
type Point struct {
	ID       string            `json:"id"`               // unique in the sweep, for people: "gateways=100,loss=5%,repeat=3"
	Seed     uint64            `json:"seed"`             // of the run
	Axes     map[string]string `json:"axes,omitempty"`   // what was varied; columns of the table
	Repeat   int               `json:"repeat,omitempty"` // which repetition of the same axes, from 0
	Scenario string            `json:"scenario"`         // resolved: text that stands on its own. Opaque here
}

// validate returns what is wrong with a point by itself.
func (p *Point) validate() error {
	switch {
	case p.ID == "" || len(p.ID) > maxNameBytes:
		return fmt.Errorf("an id has 1 to %d bytes", maxNameBytes)
	case strings.ContainsFunc(p.ID, func(r rune) bool { return r < ' ' || r == utf8.RuneError }):
		return fmt.Errorf("id %q: control characters and broken UTF-8 are not allowed", p.ID)
	case len(p.Scenario) > maxScenarioBytes:
		return fmt.Errorf("point %q: its scenario has %d bytes, %d are allowed", p.ID, len(p.Scenario), maxScenarioBytes)
	case !utf8.ValidString(p.Scenario):
		return fmt.Errorf("point %q: its scenario is not UTF-8", p.ID)
	case len(p.Axes) > maxAxes:
		return fmt.Errorf("point %q: %d axes, %d are allowed", p.ID, len(p.Axes), maxAxes)
	}
	for name, value := range p.Axes {
		if name == "" || len(name) > maxNameBytes || len(value) > maxNameBytes {
			return fmt.Errorf("point %q, axis %q: names have 1 to %d bytes, values at most that", p.ID, name, maxNameBytes)
		}
	}
	return nil
}

// ReadPoints reads points as JSON, one a line; empty lines are skipped. Errors
// name the line.
func ReadPoints(from io.Reader) ([]Point, error) {
	var points []Point
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxLineBytes)
	number := 0
	for lines.Scan() {
		number++
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		if len(points) == maxPoints {
			return nil, fmt.Errorf("line %d: a sweep has at most %d points", number, maxPoints)
		}
		var p Point
		if err := strictJSON(text, &p); err != nil {
			return nil, fmt.Errorf("line %d, %w", number, inLine(err))
		}
		if err := p.validate(); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		points = append(points, p)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", number+1, err)
	}
	return points, nil
}

// inLine names the place in a line that has a number of its own.
func inLine(err error) error {
	if e, is := errors.AsType[*untrusted.Error](err); is {
		return fmt.Errorf("column %d: %w", e.Column, err)
	}
	return err
}

// WritePoints writes points as [ReadPoints] reads them, in ASCII: the file goes
// through YAML and shells.
func WritePoints(to io.Writer, points []Point) error {
	out := bufio.NewWriter(to)
	for i := range points {
		line := points[i].line()
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return out.Flush()
}

// line returns the one form of a point that identity and files rely on.
func (p *Point) line() []byte {
	return asciiJSON(p) // sorts the axes
}

// asciiJSON encodes a value of texts and numbers in ASCII.
func asciiJSON(v any) []byte {
	text := encode(v)
	ascii := make([]byte, 0, len(text))
	for _, r := range string(text) {
		switch {
		case r < 0x7f:
			ascii = append(ascii, byte(r))
		case r < 0x10000:
			ascii = fmt.Appendf(ascii, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			ascii = fmt.Appendf(ascii, `\u%04x\u%04x`, high, low)
		}
	}
	return ascii
}

// strictJSON decodes one value: an unknown key is an error, and so is anything
// after it. Errors are in words of the text, not of Go.
func strictJSON(text []byte, into any) error { return untrusted.JSON(text, into) }
