package explore

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/picture"
)

// Written says where a failure was written down.
type Written struct {
	Plan     string `json:"plan"`               // as in sim/testdata/regress
	Picture  string `json:"picture"`            // space-time, of the last moments
	Scenario string `json:"scenario,omitempty"` // empty: see Unsaid
	Unsaid   string `json:"unsaid,omitempty"`   // why there is no scenario
}

// Write runs a failing plan once more and writes it down in a folder: the plan,
// a picture of its last moments, and a scenario if there are words for it.
func Write(dir, name string, plan sim.Plan) (*Written, error) {
	var tail Tail
	r, err := Try(plan, &tail)
	if err != nil {
		return nil, err
	}
	if !r.Failed() {
		return nil, fmt.Errorf("the plan of %s violates nothing", name)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("write down a failure: %w", err)
	}
	f := &sim.Finding{About: r.Violations[0].Detail, Violates: r.Violations[0].Property, Plan: plan}
	w := &Written{Plan: filepath.Join(dir, name+".json"), Picture: filepath.Join(dir, name+".svg")}
	if err := WriteFinding(w.Plan, f); err != nil {
		return nil, err
	}
	moments := Moments(&plan, r, &tail)
	err = result.Replace(w.Picture, func(out io.Writer) error { return picture.SpaceTime(out, moments, picture.Span{}) })
	if err != nil {
		return nil, err
	}
	text, err := Scenario(name, f)
	if err != nil {
		w.Unsaid = err.Error()
		return w, nil //nolint:nilerr // a plan that no scenario expresses is no error; the reason is told
	}
	w.Scenario = filepath.Join(dir, name+".yaml")
	return w, result.Replace(w.Scenario, func(out io.Writer) error {
		_, err := io.WriteString(out, text)
		return err
	})
}

// WriteFinding writes a plan in the form that sim.ReadFinding reads.
func WriteFinding(path string, f *sim.Finding) error {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("encode plan: %w", err)
	}
	return result.Replace(path, func(out io.Writer) error {
		_, err := out.Write(append(text, '\n'))
		return err
	})
}
