package disk

import (
	"crypto/sha256"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
)

// deviceTag begins the index entries of a device. Two devices may share one:
// what the index finds is compared with the device asked for.
type deviceTag [8]byte

// tagOf returns the tag of the device that a record is of.
func (s *Store) tagOf(r *dag.Record) deviceTag {
	if !s.attester[r.Signer] {
		return deviceTag(r.Signer[:8])
	}
	return tagOfName(s.DeviceOf(r))
}

// tagOfName returns the tag of a device by its name in records.
func tagOfName(device string) deviceTag {
	// A device may call itself by what is another's key: one tag for both.
	if key, err := dag.ParsePublicKey(device); err == nil {
		return deviceTag(key[:8])
	}
	sum := sha256.Sum256([]byte(device))
	return deviceTag(sum[:8])
}

// DeviceOf returns the device that a record is of: its signer's key in hex, or
// for a record attested by a gateway, what its SenML says.
func (s *Store) DeviceOf(r *dag.Record) string {
	if s.attester[r.Signer] {
		if device := packOf(r).Device(); device != "" {
			return device
		}
	}
	return r.Signer.String()
}

// packOf returns a record's pack, nil if it has none.
func packOf(r *dag.Record) senml.Pack {
	var (
		pack senml.Pack
		err  error
	)
	switch r.Format {
	case dag.FormatSenMLJSON:
		pack, err = senml.ParseJSON(r.Payload)
	case dag.FormatSenMLCBOR:
		pack, err = senml.ParseCBOR(r.Payload)
	default:
		return nil
	}
	if err != nil {
		return nil
	}
	return pack
}
