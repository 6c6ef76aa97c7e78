package dag_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
)

func TestGenesisRoundTrip(t *testing.T) {
	for name, change := range map[string]func(g *dag.Genesis){
		"any device": func(*dag.Genesis) {},
		"no device":  func(g *dag.Genesis) { g.Devices = []dag.PublicKey{} },
		"two devices": func(g *dag.Genesis) {
			g.Devices = []dag.PublicKey{dagtest.DeviceKey(2).Public(), dagtest.DeviceKey(1).Public()}
		},
	} {
		t.Run(name, func(t *testing.T) {
			want, _, _ := dagtest.Genesis(4)
			change(want)
			raw := want.Encode()
			strictly(t, raw)
			got, err := dag.DecodeGenesis(raw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	full, _, _ := dagtest.Genesis(dag.MaxCommittee)
	for i := range dag.MaxGenesisDevices {
		full.Devices = append(full.Devices, dagtest.DeviceKey(i).Public())
	}
	if _, err := dag.DecodeGenesis(full.Encode()); err != nil {
		t.Errorf("full lists: %v", err)
	}
}

// retire takes the member keys from all gateways but the first so many.
func retire(g *dag.Genesis, members int) {
	for i := members; i < len(g.Gateways); i++ {
		g.Gateways[i].Member = dag.PublicKey{}
	}
}

// TestGenesisFollowers has gateways that are no members.
func TestGenesisFollowers(t *testing.T) {
	g, _, members := dagtest.Genesis(6)
	all := g.Epoch()
	g.Gateways[0].Member = dag.PublicKey{}
	retire(g, 4)
	d := g.Domain()
	if len(d.Members) != 3 || d.Members[0] != members[1].Public() || g.Committee()[0].Name != "gw2" || d.Epoch == all {
		t.Errorf("domain %+v", d)
	}
	got, err := dag.DecodeGenesis(g.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(g, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	zeros := bytes.Replace(g.Encode(), []byte{0xf6}, append([]byte{0x58, 0x20}, make([]byte, 32)...), 1)
	if _, err := dag.DecodeGenesis(zeros); !errors.Is(err, dag.ErrKey) {
		t.Errorf("a member key of zeros: %v", err)
	}
}

func TestGenesisIDs(t *testing.T) {
	g, _, members := dagtest.Genesis(4)
	mesh := dag.MeshID(sha256.Sum256(g.Encode()))
	if g.ID() != mesh {
		t.Errorf("mesh id %s, want %s", g.ID(), mesh)
	}
	if want := dag.LedgerID(sha256.Sum256([]byte("floormesh/ledger/v1\x00" + string(mesh[:]) + "plant"))); g.Ledger() != want {
		t.Errorf("ledger id %s, want %s", g.Ledger(), want)
	}
	message := "floormesh/epoch/v1\x00" + string(mesh[:])
	for _, m := range members {
		key := m.Public()
		message += string(key[:])
	}
	if want := dag.EpochID(sha256.Sum256([]byte(message))); g.Epoch() != want {
		t.Errorf("epoch id %s, want %s", g.Epoch(), want)
	}
	d := g.Domain()
	if d.Mesh != mesh || d.Ledger != g.Ledger() || d.Epoch != g.Epoch() || len(d.Members) != 4 || d.Members[3] != members[3].Public() {
		t.Errorf("domain %+v", d)
	}
}

func TestGenesisValidate(t *testing.T) {
	small := publicKey(t, unusableKeys["order 8"])
	for _, c := range []struct {
		name   string
		change func(g *dag.Genesis)
		want   error
	}{
		{"no mesh name", func(g *dag.Genesis) { g.Mesh = "" }, dag.ErrLimit},
		{"long site name", func(g *dag.Genesis) { g.Site = strings.Repeat("a", 64) }, dag.ErrLimit},
		{"upper-case name", func(g *dag.Genesis) { g.Site = "Plant" }, dag.ErrRule},
		{"dotted gateway", func(g *dag.Genesis) { g.Gateways[1].Name = "gw.1" }, dag.ErrRule},
		{"two gateways of one name", func(g *dag.Genesis) { g.Gateways[1].Name = "gw1" }, dag.ErrRule},
		{"one node key twice", func(g *dag.Genesis) { g.Gateways[1].Node = g.Gateways[0].Node }, dag.ErrRule},
		{"node key as member key", func(g *dag.Genesis) { g.Gateways[1].Member = g.Gateways[0].Node }, dag.ErrRule},
		{"small-order member", func(g *dag.Genesis) { g.Gateways[1].Member = small }, dag.ErrKey},
		{"small-order device", func(g *dag.Genesis) { g.Devices = []dag.PublicKey{small} }, dag.ErrKey},
		{"a device twice", func(g *dag.Genesis) { g.Devices = repeat(dagtest.DeviceKey(1).Public(), 2) }, dag.ErrRule},
		{"too many devices", func(g *dag.Genesis) { g.Devices = make([]dag.PublicKey, dag.MaxGenesisDevices+1) }, dag.ErrLimit},
		{"no gateways", func(g *dag.Genesis) { g.Gateways = nil }, dag.ErrLimit},
		{"no members", func(g *dag.Genesis) { retire(g, 0) }, dag.ErrLimit},
		{"too many members", func(g *dag.Genesis) { more, _, _ := dagtest.Genesis(dag.MaxCommittee + 1); *g = *more }, dag.ErrLimit},
		{"too many gateways", func(g *dag.Genesis) { g.Gateways = make([]dag.Gateway, dag.MaxGateways+1) }, dag.ErrLimit},
		{"created before 1970", func(g *dag.Genesis) { g.Created = -1 }, dag.ErrLimit},
		{"window too short", func(g *dag.Genesis) { g.WindowRounds = 3 }, dag.ErrLimit},
		{"window too long", func(g *dag.Genesis) { g.WindowRounds = dag.MaxWindowRounds + 1 }, dag.ErrLimit},
		{"no duplicates sought", func(g *dag.Genesis) { g.DuplicateLeaves = 0 }, dag.ErrLimit},
		{"no checkpoint interval", func(g *dag.Genesis) { g.CheckpointMillis = 0 }, dag.ErrLimit},
		{"checkpoints too rare", func(g *dag.Genesis) { g.CheckpointRounds = dag.MaxCheckpointRounds + 1 }, dag.ErrLimit},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, _, _ := dagtest.Genesis(4)
			c.change(g)
			if err := g.Validate(); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if g, err := dag.DecodeGenesis(g.Encode()); err == nil {
				t.Errorf("decoded as %+v", g)
			}
		})
	}
}

func TestGenesisNamesEveryProblem(t *testing.T) {
	g := dag.DefaultGenesis()
	g.WindowRounds = 0
	err := g.Validate()
	for _, want := range []string{"mesh", "site", "gateways", "window"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %q", err, want)
		}
	}
}

func TestDecodeGenesisRefuses(t *testing.T) {
	g, _, _ := dagtest.Genesis(4)
	raw := g.Encode()
	check(t, []refused{
		{"empty", nil, dag.ErrEncoding},
		{"trailing byte", append(bytes.Clone(raw), 0), dag.ErrEncoding},
		{"another version", replaced(t, raw, "\x87\x01", "\x87\x02"), dag.ErrEncoding},
		{"name not UTF-8", replaced(t, raw, "test", "te\xffs"), dag.ErrEncoding},
		{"too large", make([]byte, dag.MaxGenesisBytes+1), dag.ErrLimit},
	}, dag.DecodeGenesis)
}
