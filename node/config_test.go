package node

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floormesh/floormesh/consensus/replica"
)

func loadText(t *testing.T, text string) (*Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), configFile)
	if err := os.WriteFile(path, []byte(text), secretMode); err != nil {
		t.Fatal(err)
	}
	return LoadConfig(path)
}

func TestLoadConfigFillsDefaults(t *testing.T) {
	got, err := loadText(t, "name: gw7\nmqtt:\n  listen: \"\"\ntiming:\n  round-spacing: 7ms\n")
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.Name, want.MQTT.Listen, want.Timing.RoundSpacing = "gw7", "", 7*time.Millisecond
	if diff := cmp.Diff(*got, want); diff != "" {
		t.Error(diff)
	}
	timing := replica.DefaultTiming()
	timing.RoundSpacing = 7 * time.Millisecond
	if diff := cmp.Diff(got.Timing.timing(), timing); diff != "" {
		t.Error(diff)
	}
}

func TestLoadConfigRefuses(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"unknown key", "name: gw1\nmqqt:\n  listen: 127.0.0.1:0\n", []string{"config.yaml:2:", `unknown key "mqqt"`, `"mqtt"`}},
		{"unknown key below", "name: gw1\np2p:\n  lisen: []\n", []string{"config.yaml:3:", `unknown key "lisen"`, `"listen"`}},
		{"duration without unit", "name: gw1\ntiming:\n  resend: 5\n", []string{"config.yaml"}},
		{"key twice", "name: gw1\nname: gw2\n", []string{"config.yaml:2:"}},
		{"no YAML", "name: [", []string{"config.yaml"}},
		{
			"every problem", "p2p:\n  listen: [tcp/7]\n  gossip: never\nhttp:\n  listen: here\ndebug: 192.0.2.1:80\nlog: loud\ntiming:\n  resend: 2h\n",
			[]string{"name:", "p2p.listen:", "p2p.gossip:", "http.listen:", "debug:", "log:", "timing.resend:"},
		},
		{"far too large", "name: gw1 # " + strings.Repeat("x", maxConfigBytes), []string{"at most"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := loadText(t, c.text)
			if !errors.Is(err, ErrConfig) {
				t.Fatalf("got error %v, want %v", err, ErrConfig)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not mention %q", err, want)
				}
			}
		})
	}
}

func TestNearest(t *testing.T) {
	names := configKeys()
	for text, want := range map[string]string{"mqqt": "mqtt", "Listen": "listen", "peer": "peers", "round_spacing": "round-spacing"} {
		if got := nearest(text, names); got != want {
			t.Errorf("nearest to %q is %q, want %q", text, got, want)
		}
	}
}
