package cli

import (
	"encoding/json"
	"fmt"
	"io"
)

// jsonFlag asks for a result that a script can read.
type jsonFlag struct {
	JSON bool `help:"Print the result as JSON." name:"json"`
}

// printJSON writes v on one line.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}
