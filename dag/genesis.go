package dag

import (
	"errors"
	"fmt"

	"github.com/floormesh/floormesh/dag/dagcbor"
)

// Gateway is a founding gateway: its names and keys.
type Gateway struct {
	Name   string
	Node   PublicKey // libp2p identity, signs batches and attested records
	Member PublicKey // signs blocks and cosignatures in epoch 0; zero: it is no member then
}

// IsMember reports whether the gateway is of the committee of epoch 0.
func (g *Gateway) IsMember() bool { return g.Member != PublicKey{} }

// Genesis founds a mesh. Its encoding's digest is the mesh id.
//
// Encoding: DAG-CBOR tuple [1, mesh name, site name, created ms, [[name, node key, member key or null]…],
// [window rounds, duplicate leaves, checkpoint interval ms, checkpoint rounds], [device key…] or null].
type Genesis struct {
	Mesh     string
	Site     string
	Created  UnixMilli
	Gateways []Gateway // those that are members are the committee of epoch 0, in this order

	WindowRounds     uint32      // D
	DuplicateLeaves  uint32      // H
	CheckpointMillis uint32      // least commit time between checkpoints
	CheckpointRounds uint32      // or this many leader rounds
	Devices          []PublicKey // who may sign records; nil: any device key; empty: none
}

const (
	ledgerDomain = "floormesh/ledger/v1\x00"
	epochDomain  = "floormesh/epoch/v1\x00"
)

// DefaultGenesis returns a genesis with the usual constants and neither names
// nor gateways.
func DefaultGenesis() Genesis {
	return Genesis{
		WindowRounds:     100,
		DuplicateLeaves:  1 << 18,
		CheckpointMillis: 250,
		CheckpointRounds: 128,
	}
}

// Encode returns the canonical bytes. Validate first.
func (g *Genesis) Encode() []byte {
	to := dagcbor.AppendArray(nil, 7)
	to = dagcbor.AppendUint(to, formatVersion)
	to = dagcbor.AppendText(to, g.Mesh)
	to = dagcbor.AppendText(to, g.Site)
	to = dagcbor.AppendUint(to, uint64(g.Created))
	to = dagcbor.AppendArray(to, len(g.Gateways))
	for _, gw := range g.Gateways {
		to = dagcbor.AppendArray(to, 3)
		to = dagcbor.AppendText(to, gw.Name)
		to = dagcbor.AppendBytes(to, gw.Node[:])
		if gw.IsMember() {
			to = dagcbor.AppendBytes(to, gw.Member[:])
		} else {
			to = dagcbor.AppendNull(to)
		}
	}
	to = dagcbor.AppendArray(to, 4)
	to = dagcbor.AppendUint(to, uint64(g.WindowRounds))
	to = dagcbor.AppendUint(to, uint64(g.DuplicateLeaves))
	to = dagcbor.AppendUint(to, uint64(g.CheckpointMillis))
	to = dagcbor.AppendUint(to, uint64(g.CheckpointRounds))
	if g.Devices == nil {
		return dagcbor.AppendNull(to)
	}
	return appendDigests(to, g.Devices)
}

// DecodeGenesis parses and validates a genesis document. It keeps nothing of
// raw. Errors: ErrEncoding, ErrLimit, ErrRule, ErrKey.
func DecodeGenesis(raw []byte) (*Genesis, error) {
	if len(raw) > MaxGenesisBytes {
		return nil, fmt.Errorf("genesis: %w: %d bytes, at most %d", ErrLimit, len(raw), MaxGenesisBytes)
	}
	r := dagcbor.NewReader(raw)
	g := readGenesis(r)
	err := r.Done()
	if err == nil {
		err = g.Validate()
	}
	if err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	return g, nil
}

func readGenesis(r *dagcbor.Reader) *Genesis {
	g := new(Genesis)
	r.Tuple(7)
	readVersion(r)
	g.Mesh = r.Text(MaxNameBytes)
	g.Site = r.Text(MaxNameBytes)
	g.Created = readTime(r)
	g.Gateways = make([]Gateway, r.Array(MaxGateways))
	for i := range g.Gateways {
		gw := &g.Gateways[i]
		r.Tuple(3)
		gw.Name = r.Text(MaxNameBytes)
		r.Exactly(gw.Node[:])
		if !r.Null() {
			readMember(r, gw)
		}
	}
	r.Tuple(4)
	for _, constant := range []*uint32{&g.WindowRounds, &g.DuplicateLeaves, &g.CheckpointMillis, &g.CheckpointRounds} {
		*constant = uint32(r.Uint(1<<32 - 1))
	}
	if !r.Null() {
		g.Devices = readDigests[PublicKey](r, MaxGenesisDevices)
	}
	return g
}

// readMember reads the key of a member. No key is null, not zeros: one mesh, one encoding.
func readMember(r *dagcbor.Reader, gw *Gateway) {
	r.Exactly(gw.Member[:])
	if !gw.IsMember() {
		r.Fail(fmt.Errorf("%w: member key of zeros, want null", ErrKey))
	}
}

// Validate returns every problem at once, joined. Errors: ErrLimit, ErrRule, ErrKey.
func (g *Genesis) Validate() error {
	var problems []error
	for _, n := range []struct{ what, name string }{{"mesh", g.Mesh}, {"site", g.Site}} {
		problems = append(problems, checkName(n.what, n.name))
	}
	if g.Created < 0 || g.Created > MaxUnixMilli {
		problems = append(problems, fmt.Errorf("%w: created at %d ms", ErrLimit, g.Created))
	}
	problems = append(problems, g.checkGateways()...)
	problems = append(problems, g.checkConstants()...)
	problems = append(problems, g.checkDevices()...)
	return errors.Join(problems...)
}

func (g *Genesis) checkGateways() (problems []error) {
	if n := len(g.Gateways); n < 1 || n > MaxGateways {
		problems = append(problems, fmt.Errorf("%w: %d gateways, want 1 to %d", ErrLimit, n, MaxGateways))
	}
	if n := len(g.members()); n < 1 || n > MaxCommittee {
		problems = append(problems, fmt.Errorf("%w: %d members, want 1 to %d", ErrLimit, n, MaxCommittee))
	}
	names := make(map[string]bool)
	keys := make(map[PublicKey]bool)
	for i, gw := range g.Gateways {
		problems = append(problems, checkName(fmt.Sprintf("gateway %d", i), gw.Name))
		if names[gw.Name] {
			problems = append(problems, fmt.Errorf("%w: two gateways named %q", ErrRule, gw.Name))
		}
		names[gw.Name] = true
		problems = append(problems, checkNewKey(keys, "gateway "+gw.Name, gw.Node))
		if gw.IsMember() {
			problems = append(problems, checkNewKey(keys, "gateway "+gw.Name, gw.Member))
		}
	}
	return problems
}

func (g *Genesis) checkDevices() (problems []error) {
	if n := len(g.Devices); n > MaxGenesisDevices {
		problems = append(problems, fmt.Errorf("%w: %d devices, at most %d", ErrLimit, n, MaxGenesisDevices))
	}
	keys := make(map[PublicKey]bool)
	for i, key := range g.Devices {
		problems = append(problems, checkNewKey(keys, fmt.Sprintf("device %d", i), key))
	}
	return problems
}

// checkNewKey checks a key that may occur once.
func checkNewKey(seen map[PublicKey]bool, what string, key PublicKey) error {
	if seen[key] {
		return fmt.Errorf("%s: %w: key %s occurs twice", what, ErrRule, key)
	}
	seen[key] = true
	return describe(what, key.Check())
}

func (g *Genesis) checkConstants() (problems []error) {
	for _, c := range []struct {
		what             string
		value, low, high uint32
	}{
		{"window rounds", g.WindowRounds, MinWindowRounds, MaxWindowRounds},
		{"duplicate leaves", g.DuplicateLeaves, 1, MaxDuplicateLeaves},
		{"checkpoint milliseconds", g.CheckpointMillis, 1, MaxCheckpointMillis},
		{"checkpoint rounds", g.CheckpointRounds, 1, MaxCheckpointRounds},
	} {
		if c.value < c.low || c.value > c.high {
			problems = append(problems, fmt.Errorf("%w: %s %d, want %d to %d", ErrLimit, c.what, c.value, c.low, c.high))
		}
	}
	return problems
}

// checkName allows what may stand in a host name and a log origin.
func checkName(what, name string) error {
	if len(name) < 1 || len(name) > MaxNameBytes {
		return fmt.Errorf("%s: %w: name of %d bytes, want 1 to %d", what, ErrLimit, len(name), MaxNameBytes)
	}
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return fmt.Errorf("%s: %w: name %q has more than a-z, 0-9 and -", what, ErrRule, name)
		}
	}
	return nil
}

// ID returns the mesh id.
func (g *Genesis) ID() MeshID { return MeshID(hashOf(g.Encode())) }

// Committee returns the gateways that are members, by author.
func (g *Genesis) Committee() []*Gateway {
	var members []*Gateway
	for i := range g.Gateways {
		if g.Gateways[i].IsMember() {
			members = append(members, &g.Gateways[i])
		}
	}
	return members
}

// Ledger returns the id of the site's ledger.
func (g *Genesis) Ledger() LedgerID { return g.ledger(g.ID()) }

func (g *Genesis) ledger(mesh MeshID) LedgerID {
	return LedgerID(hashOf([]byte(ledgerDomain), mesh[:], []byte(g.Site)))
}

// Epoch returns the id of epoch 0.
func (g *Genesis) Epoch() EpochID { return g.epoch(g.ID()) }

func (g *Genesis) epoch(mesh MeshID) EpochID {
	message := append([]byte(epochDomain), mesh[:]...)
	for _, key := range g.members() {
		message = append(message, key[:]...)
	}
	return EpochID(hashOf(message))
}

// Domain returns what signatures of epoch 0 are bound to.
func (g *Genesis) Domain() *Domain {
	mesh := g.ID()
	return &Domain{Mesh: mesh, Ledger: g.ledger(mesh), Epoch: g.epoch(mesh), Members: g.members()}
}

func (g *Genesis) members() []PublicKey {
	var keys []PublicKey
	for _, gw := range g.Committee() {
		keys = append(keys, gw.Member)
	}
	return keys
}
