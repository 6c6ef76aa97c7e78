package cli

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/floormesh/floormesh/dag"
)

type deviceCommand struct {
	New  deviceNewCommand  `cmd:"" help:"Make a device key."`
	Show deviceShowCommand `cmd:"" help:"Show the public half of a device key."`
}

type deviceNewCommand struct {
	File string `arg:"" help:"File to make." type:"path"`
	jsonFlag
}

type deviceShowCommand struct {
	File string `arg:"" help:"File of a device key." type:"path"`
	jsonFlag
}

// Run makes a key file.
func (c *deviceNewCommand) Run(s *streams) error {
	var seed [ed25519.SeedSize]byte
	_, _ = rand.Read(seed[:]) // never fails: the process dies first
	key := dag.NewPrivateKey(seed)
	if err := writeDeviceKey(c.File, key); err != nil {
		return err
	}
	return printPublicKey(s, key, c.JSON)
}

// Run shows a key's public half.
func (c *deviceShowCommand) Run(s *streams) error {
	key, err := readDeviceKey(c.File)
	if err != nil {
		return err
	}
	return printPublicKey(s, key, c.JSON)
}

func printPublicKey(s *streams, key dag.PrivateKey, asJSON bool) error {
	if asJSON {
		return printJSON(s.out, struct {
			Device dag.PublicKey `json:"device"`
		}{key.Public()})
	}
	fmt.Fprintln(s.out, key.Public())
	return nil
}

// Device keys are kept as everybody keeps Ed25519 keys, PKCS #8 in PEM (RFC
// 8410), so that a device can make its own: openssl genpkey -algorithm ed25519.
const (
	pemPrivate = "PRIVATE KEY"
	pemPublic  = "PUBLIC KEY"
)

// writeDeviceKey makes a file that only its owner may read. It replaces nothing.
func writeDeviceKey(path string, key dag.PrivateKey) error {
	seed := key.Seed()
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(seed[:]))
	if err != nil {
		return fmt.Errorf("encode key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return failed(fmt.Errorf("%s is there already, and a lost key cannot be made again", path),
			fmt.Sprintf("use it ('floormesh device show %s'), or name another file", filepath.Base(path)))
	}
	if err != nil {
		return failed(err, "name a file in a directory that you may write to")
	}
	err = errors.Join(pem.Encode(f, &pem.Block{Type: pemPrivate, Bytes: der}), f.Sync(), f.Close())
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(path))
	}
	return nil
}

// readDeviceKey reads a device's private key.
func readDeviceKey(path string) (dag.PrivateKey, error) {
	text, err := readSmallFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return dag.PrivateKey{}, failed(fmt.Errorf("there is no device key in %s", path),
			"make one with 'floormesh device new "+path+"'")
	}
	if err != nil {
		return dag.PrivateKey{}, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemPrivate {
		return dag.PrivateKey{}, notAKey(path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok { // the error could quote the secret
		return dag.PrivateKey{}, notAKey(path)
	}
	return dag.NewPrivateKey([ed25519.SeedSize]byte(key.Seed())), nil
}

func notAKey(path string) error {
	return failed(fmt.Errorf("%s does not hold an Ed25519 private key (PKCS #8, PEM)", path),
		"make one with 'floormesh device new FILE'")
}

// readPublicKeys reads the keys of devices: a device key or its public half in
// PEM, or public keys in hex, one a line, with # before comments.
func readPublicKeys(path string) ([]dag.PublicKey, error) {
	text, err := readSmallFile(path)
	if err != nil {
		return nil, failed(fmt.Errorf("read device keys: %w", err), "name files made by 'floormesh device new', or lists of public keys")
	}
	if block, _ := pem.Decode(text); block != nil {
		return readPEMPublicKey(path, block)
	}
	var keys []dag.PublicKey
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		key, err := dag.ParsePublicKey(line)
		if err != nil {
			return nil, failed(fmt.Errorf("%s:%d: %w", path, number, err), "write one public key a line, as 'floormesh device show' prints it")
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, failed(fmt.Errorf("%s holds no key", path), "write one public key a line, as 'floormesh device show' prints it")
	}
	return keys, nil
}

func readPEMPublicKey(path string, block *pem.Block) ([]dag.PublicKey, error) {
	if block.Type == pemPublic {
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		key, ok := parsed.(ed25519.PublicKey)
		if err != nil || !ok {
			return nil, notAKey(path)
		}
		return []dag.PublicKey{dag.PublicKey(key)}, nil
	}
	key, err := readDeviceKey(path)
	if err != nil {
		return nil, err
	}
	return []dag.PublicKey{key.Public()}, nil
}

func readSmallFile(path string) ([]byte, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the caller names it
	if err != nil {
		return nil, err
	}
	if len(text) > maxKeyFileBytes {
		return nil, fmt.Errorf("%s has %d bytes, too many for keys", path, len(text))
	}
	return bytes.TrimSpace(text), nil
}
