package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/floormesh/floormesh/node"
	"github.com/floormesh/floormesh/node/internal/client"
	"github.com/floormesh/floormesh/node/internal/fleet"
)

// gatewayFlag says which gateway a command asks.
type gatewayFlag struct {
	API string `help:"The gateway: its URL, or its directory if it runs on this machine." env:"FLOORMESH_API" default:"${api}" placeholder:"URL|DIR"`
}

// defaultAPI is where gw1 of a mesh with the usual ports listens.
func defaultAPI() string { return "http://127.0.0.1:" + strconv.Itoa(node.DefaultBasePort+11) }

// open returns a client of the gateway.
func (f *gatewayFlag) open() (*client.Client, error) {
	switch {
	case strings.HasPrefix(f.API, "http://"), strings.HasPrefix(f.API, "https://"):
		return client.New(f.API), nil
	case strings.Contains(f.API, "://"):
		return nil, misused(fmt.Errorf("%q is no URL of a gateway", f.API), "name one such as --api "+defaultAPI())
	}
	if info, err := os.Stat(f.API); err == nil && info.IsDir() {
		ready, err := readReady(f.API)
		if err != nil {
			return nil, err
		}
		return client.New(ready.HTTP), nil
	}
	if host, _, found := strings.Cut(f.API, ":"); found && !strings.ContainsAny(host, `/\`) {
		return client.New("http://" + f.API), nil
	}
	return nil, misused(fmt.Errorf("%q is neither a URL nor a gateway's directory", f.API), "name one such as --api "+defaultAPI())
}

// readyFile, in a gateway's directory, says where the gateway that runs there
// listens: the line that "floormesh run --json" prints.
const readyFile = "running.json"

func readReady(dir string) (*fleet.Ready, error) {
	raw, err := os.ReadFile(filepath.Join(dir, readyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &hintedError{
			fmt.Errorf("no gateway runs in %s", dir),
			fmt.Sprintf("start it with 'floormesh run %s'", dir), exitUnreachable,
		}
	}
	if err != nil {
		return nil, err
	}
	ready := new(fleet.Ready)
	if err := json.Unmarshal(raw, ready); err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(dir, readyFile), err)
	}
	return ready, nil
}
