package cose_test

import (
	"errors"
	"testing"

	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"

	"github.com/floormesh/floormesh/dag/cose"
	"github.com/floormesh/floormesh/dag/dagcbor"
)

func TestDecodeRefuses(t *testing.T) {
	for _, c := range []struct{ name, hex string }{
		{"empty", ""},
		{"not an array", "a0"},
		{"array of three", "8340a040"},
		{"array of five", "8540a0404040"},
		{"COSE_Mac0's tag", "d18440a04040"},
		{"tag in tag", "d2d28440a04040"},
		{"trailing bytes", "8440a0404000"},
		{"protected is a map", "84a0a04040"},
		{"protected is null", "84f6a04040"},
		{"protected holds no map", "844101a04040"},
		{"protected holds more than a map", "8442a000a04040"},
		{"unprotected is null", "8440f64040"},
		{"unprotected is a list", "8440804040"},
		{"unprotected is bytes", "8440404040"},
		{"payload is text", "8440a06040"},
		{"payload is undefined", "8440a0f740"},
		{"signature is null", "8440a040f6"},
		{"signature is a list", "8440a0408101"},
		{"label twice", "8440a2030003014040"},
		{"label in both", "8443a10300a103004040"},
		{"label in both, by a longer form", "8443a10300a11803004040"},
		{"bytes as label", "8440a141000040" + "40"},
		{"float as label", "8440a1f93c000040" + "40"},
		{"list as label", "8440a18101004040"},
		{"truncated", "8440a0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if m, err := cose.Decode(unhex(t, c.hex)); !errors.Is(err, cose.ErrMalformed) {
				t.Errorf("got %+v, %v; want ErrMalformed", m, err)
			}
		})
	}
	if _, err := cose.Decode(make([]byte, cose.MaxMessageBytes+1)); !errors.Is(err, cose.ErrLimit) {
		t.Errorf("too long: %v", err)
	}
}

func TestVerify(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	public := [32]byte(key[32:])
	sign := func(protected, unprotected, payload string) *cose.Message {
		t.Helper()
		p := unhex(t, protected)
		signature := ed25519.Sign(key, cose.AppendToBeSigned(nil, p, []byte("aad"), []byte(payload)))
		raw := dagcbor.AppendArray(nil, 4)
		raw = dagcbor.AppendBytes(raw, p)
		raw = append(raw, unhex(t, unprotected)...)
		raw = dagcbor.AppendBytes(raw, []byte(payload))
		raw = dagcbor.AppendBytes(raw, signature)
		m, err := cose.Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, c := range []struct {
		name                   string
		protected, unprotected string
		want                   error
	}{
		{"protected algorithm", "a10127", "a0", nil},
		{"unprotected algorithm", "", "a10127", nil},
		{"empty protected map", "a0", "a10127", nil},
		{"keys in any order", "a2040101" + "27", "a0", nil},
		{"indefinite map", "bf0127ff", "bfff", nil},
		{"text labels", "a201276161" + "f5", "a0", nil},
		{"no algorithm", "", "a0", cose.ErrAlgorithm},
		{"ES256", "a10126", "a0", cose.ErrAlgorithm},
		{"algorithm by name", "a1016545644453" + "41", "a0", cose.ErrAlgorithm},
		{"known critical header", "a301270281030300", "a0", nil},
		{"unknown critical header", "a301270281182a182a00", "a0", cose.ErrCritical},
		{"unknown critical name", "a3012702816161616100", "a0", cose.ErrCritical},
		{"critical header missing", "a20127028103", "a0", cose.ErrCritical},
		{"critical list empty", "a201270280", "a0", cose.ErrCritical},
		{"critical list no list", "a201270201", "a0", cose.ErrCritical},
		{"critical list unprotected", "a10127", "a1028103", cose.ErrCritical},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := sign(c.protected, c.unprotected, "hello")
			if err := m.Verify(public, []byte("aad")); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}

	good := func() *cose.Message { return sign("a10127", "a0", "hello") }
	if err := good().Verify(public, nil); !errors.Is(err, cose.ErrSignature) {
		t.Errorf("other external data: %v", err)
	}
	if err := good().Verify([32]byte{1}, []byte("aad")); !errors.Is(err, cose.ErrSignature) {
		t.Errorf("identity as key: %v", err)
	}
	m := good()
	m.Signature = m.Signature[:63]
	if err := m.Verify(public, []byte("aad")); !errors.Is(err, cose.ErrSignature) {
		t.Errorf("short signature: %v", err)
	}
	m = good()
	m.Payload = nil
	if err := m.Verify(public, []byte("aad")); !errors.Is(err, cose.ErrDetached) {
		t.Errorf("no payload: %v", err)
	}
	detached, err := cose.Decode(unhex(t, "8440a0f640"))
	if err != nil || detached.Payload != nil {
		t.Errorf("detached payload: %v, %v", detached, err)
	}
}

// FuzzDecode: no panic, whatever is asked of what decodes.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"8440a04040", "d28443a10127a10442313140" + "40", "8440a0f640",
		"d28445a201270300a10442313154546869732069732074686520636f6e74656e742e58407142fd2ff96d56db85bee905a76ba1d0b7321a95c8c4d3607c5781932b7afb8711497dfa751bf40b58b3bcc32300b1487f3db34085eef013bf08f4a44d6fef0d",
	} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := cose.Decode(raw)
		if err != nil {
			return
		}
		if err := m.Verify([32]byte{2}, nil); err == nil {
			t.Error("verified under a key nobody has")
		}
		m.KeyID()
	})
}
