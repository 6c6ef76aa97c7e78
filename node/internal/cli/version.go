package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/floormesh/floormesh/consensus/replica/recording"
)

type versionCommand struct {
	jsonFlag
}

// build is what the Go tool wrote into the program.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Time     string `json:"time,omitempty"` // of the revision
	Modified bool   `json:"modified"`       // built from a changed checkout
	Go       string `json:"go"`
	Platform string `json:"platform"`
	tags     string
}

// String names the code of the program, for another program to compare: what is not known
// is left out.
func (b build) String() string { return recording.BuildName(release, b.Revision, b.Modified, b.tags) }

// Run prints the version.
func (c *versionCommand) Run(s *streams) error {
	b := readBuild()
	if c.JSON {
		return printJSON(s.out, b)
	}
	fmt.Fprintf(s.out, "floormesh %s %s %s\n", b.Version, b.Platform, b.Go)
	if b.Revision != "" {
		fmt.Fprintf(s.out, "revision %s of %s, modified: %t\n", b.Revision, b.Time, b.Modified)
	}
	return nil
}

// release is the version of a release, which the linker sets (see Makefile).
var release string //nolint:gochecknoglobals // the linker sets nothing else

func readBuild() build {
	b := build{Version: cmp.Or(release, "(devel)"), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if release == "" && info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		case "-tags":
			b.tags = s.Value
		}
	}
	return b
}
