package scenario

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestRead runs the scripts in testdata/read: texts laid over one another, settings,
// and what comes of it. Commands:
//
//	lay NAME      lays the input over what is there
//	set           settings, one a line
//	resolve       "fine", or every problem
//	show          the lines of Explain that begin with one of the paths in the input
//	points        the sweep's points, as what they set
//	forget        begins anew
func TestRead(t *testing.T) {
	datadriven.Walk(t, "testdata/read", func(t *testing.T, path string) {
		d := new(Document)
		datadriven.RunTest(t, path, func(t *testing.T, c *datadriven.TestData) string {
			switch c.Cmd {
			case "lay":
				d.Lay(Source{Name: c.CmdArgs[0].Key, Text: c.Input})
				return ""
			case "set":
				for line := range strings.SplitSeq(c.Input, "\n") {
					d.Set(line)
				}
				return ""
			case "forget":
				d = new(Document)
				return ""
			case "resolve":
				if _, err := d.Resolve(); err != nil {
					return err.Error()
				}
				return "fine"
			case "show":
				return show(d, strings.Split(c.Input, "\n"))
			case "points":
				return points(d)
			default:
				t.Fatalf("no command is called %q", c.Cmd)
				return ""
			}
		})
	})
}

// show returns what paths lead to.
func show(d *Document, paths []string) string {
	s, err := d.Resolve()
	if err != nil {
		return err.Error()
	}
	var out strings.Builder
	for _, path := range paths {
		steps, err := parsePath(path)
		if err == nil {
			err = leads(steps)
		}
		if err != nil {
			fmt.Fprintf(&out, "%s: %v\n", path, err)
			continue
		}
		v, err := lookup(s, steps)
		switch {
		case err != nil:
			fmt.Fprintf(&out, "%s: %v\n", path, err)
		case isScalar(v.Type()):
			fmt.Fprintf(&out, "%s: %s\n", path, plain(v))
		default:
			w := &writer{}
			w.value(v, &field{}, 0)
			fmt.Fprintf(&out, "%s:%s", path, w.out.String())
		}
	}
	return out.String()
}

func points(d *Document) string {
	var out strings.Builder
	for p, err := range d.Points() {
		if err != nil {
			fmt.Fprintln(&out, err)
			break
		}
		fmt.Fprintln(&out, p.Index, p.Repeat, strings.Join(p.Set, " "))
	}
	return out.String()
}
