package node

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/floormesh/floormesh/dag"
)

// A gateway's directory. It needs nothing outside itself, so that it can be
// carried to the machine where the gateway will run.
const (
	genesisFile   = "genesis.cbor" // the genesis document, the same in every gateway's directory
	configFile    = "config.yaml"
	nodeKeyFile   = "node.key"   // 32-byte seed in hex: libp2p identity, batches, attested records
	memberKeyFile = "member.key" // 32-byte seed in hex: blocks and cosignatures
	dataDir       = "data"       // the store
	signedFile    = "signed"     // exists once this gateway may have signed anything
)

const (
	secretMode = 0o600
	dirMode    = 0o755
	publicMode = 0o644
)

// home is an opened gateway's directory, without its store.
type home struct {
	dir     string
	genesis *dag.Genesis
	config  *Config
	node    dag.PrivateKey
	member  dag.PrivateKey // zero if this gateway is no member
	self    int            // index of this gateway in the genesis
}

// openHome reads everything but the store. Errors: ErrConfig.
func openHome(dir string) (*home, error) {
	h := &home{dir: dir}
	raw, err := os.ReadFile(h.path(genesisFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s is no gateway's directory: it has no %s; name one such as DIR/gw1, made by floormesh init",
			ErrConfig, dir, genesisFile)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if h.genesis, err = dag.DecodeGenesis(raw); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrConfig, h.path(genesisFile), err)
	}
	if h.config, err = LoadConfig(h.path(configFile)); err != nil {
		return nil, err
	}
	if h.node, err = readKey(h.path(nodeKeyFile)); err != nil {
		return nil, err
	}
	h.self = h.find(h.config.Name)
	if h.self >= 0 && h.genesis.Gateways[h.self].IsMember() {
		if h.member, err = readKey(h.path(memberKeyFile)); err != nil {
			return nil, err
		}
	}
	return h, h.check()
}

// check compares keys and configuration with the genesis.
func (h *home) check() error {
	if h.self < 0 {
		return fmt.Errorf("%w: name: the genesis document knows no gateway %q, but %s",
			ErrConfig, h.config.Name, strings.Join(h.names(), ", "))
	}
	var problems []error
	if h.genesis.Gateways[h.self].Node != h.node.Public() {
		problems = append(problems, fmt.Errorf("%s is not the key of gateway %s", nodeKeyFile, h.config.Name))
	}
	if h.genesis.Gateways[h.self].Member != h.member.Public() {
		problems = append(problems, fmt.Errorf("%s is not the key of gateway %s", memberKeyFile, h.config.Name))
	}
	for _, name := range sortedKeys(h.config.P2P.Peers) {
		if h.find(name) < 0 {
			problems = append(problems, fmt.Errorf("p2p.peers: the genesis document knows no gateway %q; did you mean %q?",
				name, nearest(name, h.names())))
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("%w: %s: %w", ErrConfig, h.dir, errors.Join(problems...))
	}
	return nil
}

func (h *home) path(name string) string { return filepath.Join(h.dir, name) }

func (h *home) names() []string {
	names := make([]string, len(h.genesis.Gateways))
	for i := range h.genesis.Gateways {
		names[i] = h.genesis.Gateways[i].Name
	}
	return names
}

func (h *home) find(name string) int {
	for i := range h.genesis.Gateways {
		if h.genesis.Gateways[i].Name == name {
			return i
		}
	}
	return -1
}

// checkSigned refuses a gateway that has signed before and has no store any
// more. Nobody can tell it what it had signed: with an empty store it would
// begin its lanes and rounds anew, and two batches or blocks with one number
// are what a liar makes.
func (h *home) checkSigned() error {
	if _, err := os.Stat(h.path(signedFile)); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("look for %s: %w", h.path(signedFile), err)
	}
	entries, err := os.ReadDir(h.path(dataDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look into %s: %w", h.path(dataDir), err)
	}
	if !slices.ContainsFunc(entries, isManifest) {
		return fmt.Errorf("%w: %s has signed records before, and %s holds no store; with it gone the gateway could sign "+
			"something else in the same place, which the others take for a lie. Put %s back as it was, newest state "+
			"and no older copy; if it is lost, this gateway must stay off: its place in the mesh needs new keys",
			ErrLostStore, h.config.Name, h.path(dataDir), dataDir)
	}
	return nil
}

// isManifest recognises the file without which Pebble takes a directory for a
// new one and makes an empty store in it.
func isManifest(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), "MANIFEST-") }

// markSigned notes durably that this gateway may sign from now on. The store
// exists by then, so that a crash in between leaves both or the store alone.
func (h *home) markSigned() error {
	const text = "This gateway has signed records and blocks. While this file is here it does not start without its data.\n"
	if _, err := os.Stat(h.path(signedFile)); err == nil {
		return nil
	}
	return writeFileSync(h.path(signedFile), []byte(text), publicMode)
}

// readKey reads a private key's file. Errors: ErrConfig.
func readKey(path string) (dag.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return dag.PrivateKey{}, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	seed, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(seed) != 32 {
		// The error could quote the secret.
		return dag.PrivateKey{}, fmt.Errorf("%w: %s does not hold 32 bytes in hex", ErrConfig, path)
	}
	return dag.NewPrivateKey([32]byte(seed)), nil
}

func writeKey(path string, key dag.PrivateKey) error {
	seed := key.Seed()
	return writeFileSync(path, []byte(hex.EncodeToString(seed[:])+"\n"), secretMode)
}

// writeFileSync makes a new file that is there whole or not at all, durably.
func writeFileSync(path string, content []byte, mode fs.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a directory's entries durable, where the system can.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrInvalid) {
		err = nil // Windows has no such thing
	}
	return errors.Join(err, d.Close())
}
