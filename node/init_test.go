package node

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
)

func TestInit(t *testing.T) {
	dir := t.TempDir()
	mesh, err := Init(dir, InitOptions{Mesh: "plant", Site: "hall-3", Gateways: 3, BasePort: 7400})
	if err != nil {
		t.Fatal(err)
	}
	for k := range 3 {
		home := filepath.Join(dir, gatewayName(k))
		h, err := openHome(home)
		if err != nil {
			t.Fatal(err)
		}
		if h.genesis.ID() != mesh || h.self != k {
			t.Errorf("%s is gateway %d of mesh %v, want %d of %v", home, h.self, h.genesis.ID(), k, mesh)
		}
		for _, secret := range []string{nodeKeyFile, memberKeyFile} {
			info, err := os.Stat(filepath.Join(home, secret))
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Mode().Perm(); got != secretMode && runtime.GOOS != "windows" {
				t.Errorf("%s has mode %v, want %o", secret, got, secretMode)
			}
		}
	}
	h, err := openHome(filepath.Join(dir, "gw2"))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.Name, want.Log, want.HTTP.Hosts = "gw2", "info", []string{}
	want.P2P.Listen = []string{"/ip4/127.0.0.1/tcp/7420", "/ip4/127.0.0.1/udp/7420/quic-v1"}
	want.P2P.Peers = map[string][]string{
		"gw1": {"/ip4/127.0.0.1/tcp/7410", "/ip4/127.0.0.1/udp/7410/quic-v1"},
		"gw3": {"/ip4/127.0.0.1/tcp/7430", "/ip4/127.0.0.1/udp/7430/quic-v1"},
	}
	want.HTTP.Listen, want.MQTT.Listen = "127.0.0.1:7421", "127.0.0.1:7422"
	if diff := cmp.Diff(*h.config, want); diff != "" {
		t.Error(diff)
	}
}

func TestInitChangesNothingThatIsThere(t *testing.T) {
	dir, _ := initMesh(t, 1)
	before, err := os.ReadFile(filepath.Join(dir, "gw1", nodeKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	o := InitOptions{Mesh: "other", Site: "plant", Gateways: 1}
	if _, err := Init(dir, o); !errors.Is(err, ErrExists) {
		t.Errorf("got error %v, want %v", err, ErrExists)
	}
	// Nor does it if the mesh's own document is gone.
	if err := os.Remove(filepath.Join(dir, genesisFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := Init(dir, o); !errors.Is(err, ErrExists) {
		t.Errorf("got error %v, want %v", err, ErrExists)
	}
	after, err := os.ReadFile(filepath.Join(dir, "gw1", nodeKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	if string(after) != string(before) {
		t.Error("a key was replaced")
	}
}

func TestInitRefuses(t *testing.T) {
	for name, o := range map[string]InitOptions{
		"no gateways":   {Mesh: "plant", Site: "hall"},
		"too many":      {Mesh: "plant", Site: "hall", Gateways: dag.MaxCommittee + 1},
		"more members":  {Mesh: "plant", Site: "hall", Gateways: 4, Members: 5},
		"no such ports": {Mesh: "plant", Site: "hall", Gateways: 4, BasePort: 65_500},
		"bad name":      {Mesh: "Plant 1", Site: "hall", Gateways: 4},
		"no site":       {Mesh: "plant", Gateways: 4},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if _, err := Init(dir, o); !errors.Is(err, ErrConfig) {
				t.Errorf("got error %v, want %v", err, ErrConfig)
			}
			if entries, _ := os.ReadDir(dir); len(entries) > 0 {
				t.Errorf("it left %v behind", entries)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, spoil := range map[string]func(home string) error{
		"no directory":   os.RemoveAll,
		"foreign key":    func(home string) error { return os.Remove(filepath.Join(home, nodeKeyFile)) },
		"another's name": func(home string) error { return rename(home, "name: gw1", "name: gw2") },
		"unknown name":   func(home string) error { return rename(home, "name: gw1", "name: gw9") },
		"unknown peer":   func(home string) error { return rename(home, "    gw2:", "    gw9:") },
		"cut genesis":    func(home string) error { return os.Truncate(filepath.Join(home, genesisFile), 50) },
		"half a key":     func(home string) error { return os.Truncate(filepath.Join(home, memberKeyFile), 32) },
		"other's key": func(home string) error {
			path := filepath.Join(home, memberKeyFile)
			return errors.Join(os.Remove(path), writeKey(path, dagtest.DeviceKey(1)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := initMesh(t, 2)
			home := filepath.Join(dir, "gw1")
			if err := spoil(home); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(home, Options{}); !errors.Is(err, ErrConfig) {
				t.Errorf("got error %v, want %v", err, ErrConfig)
			}
		})
	}
}

// rename replaces a piece of the configuration.
func rename(home, old, replacement string) error {
	path := filepath.Join(home, configFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(strings.Replace(string(text), old, replacement, 1)), secretMode)
}
