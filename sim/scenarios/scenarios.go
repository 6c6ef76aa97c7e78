// Package scenarios is the library of scenarios that comes with floorsim. Each
// file opens with what it shows and what to look at.
package scenarios

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// Names returns all scenarios' names, sorted.
func Names() []string {
	paths, err := fs.Glob(files, "*.yaml")
	if err != nil {
		panic(fmt.Sprintf("scenarios: %v", err)) // the pattern is well formed
	}
	for i := range paths {
		paths[i] = strings.TrimSuffix(paths[i], ".yaml")
	}
	return paths
}

// Read returns a scenario's text.
func Read(name string) (string, error) {
	text, err := files.ReadFile(name + ".yaml")
	if err != nil {
		return "", fmt.Errorf("no scenario of the library is called %q", name)
	}
	return string(text), nil
}
