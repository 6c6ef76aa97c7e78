package proof

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/merkle"
	"github.com/floormesh/floormesh/dag/senml"
)

// Verify checks that p shows its record to be final in the mesh with this id. It
// trusts nothing else. The report is never nil; the error is a [*CheckError] naming
// the first check that failed, nil if all passed. Random is for [dag.NewVerifier].
func Verify(p *Proof, mesh dag.MeshID, random io.Reader) (*Report, error) {
	v := verification{proof: p, mesh: mesh, random: random, report: &Report{}}
	for _, step := range []struct {
		check Check
		run   func() (detail string, err error)
	}{
		{CheckMesh, v.checkMesh},
		{CheckCommittee, v.checkCommittee},
		{CheckCheckpoint, v.checkCheckpoint},
		{CheckQuorum, v.checkQuorum},
		{CheckRecord, v.checkRecord},
		{CheckInclusion, v.checkInclusion},
		{CheckSigner, v.checkSigner},
	} {
		detail, err := step.run()
		if err != nil {
			v.report.Results = append(v.report.Results, Result{step.check, false, err.Error()})
			return v.report, &CheckError{step.check, err}
		}
		v.report.Results = append(v.report.Results, Result{step.check, true, detail})
	}
	return v.report, nil
}

// verification is one run of Verify. Each check may use what those before it left.
type verification struct {
	proof    *Proof
	mesh     dag.MeshID
	random   io.Reader
	report   *Report
	verifier *dag.Verifier
	domain   *dag.Domain
}

func (v *verification) checkMesh() (string, error) {
	if got := dag.MeshID(sha256.Sum256(v.proof.Genesis)); got != v.mesh {
		return "", fmt.Errorf("this proof is of mesh %s, not of %s", got, v.mesh)
	}
	g, err := dag.DecodeGenesis(v.proof.Genesis)
	if err != nil {
		return "", err
	}
	v.report.Genesis = g
	return fmt.Sprintf("%s, site %s, founded at %s", g.Mesh, g.Site, claimed(g.Created)), nil
}

func (v *verification) checkCommittee() (string, error) {
	g := v.report.Genesis
	v.domain = g.Domain()
	v.verifier = dag.NewVerifier(v.domain, v.random)
	names := make([]string, len(g.Gateways))
	for i := range g.Gateways {
		names[i] = g.Gateways[i].Name
	}
	return fmt.Sprintf("%s; %d of %d make a quorum",
		strings.Join(names, ", "), checkpoint.Quorum(len(names)), len(names)), nil
}

func (v *verification) checkCheckpoint() (string, error) {
	c, err := checkpoint.ParseNote(v.proof.Note, v.domain.Members)
	if err != nil {
		return "", err
	}
	if want := checkpoint.Origin(v.domain.Ledger); c.Origin != want {
		return "", fmt.Errorf("it is of the log %s, not of %s", c.Origin, want)
	}
	if c.Epoch != v.domain.Epoch {
		return "", fmt.Errorf("it is of epoch %s, not of the founding one", c.Epoch)
	}
	v.report.Checkpoint = c
	return fmt.Sprintf("log of %d leaves after commit %d, at %s by the committee's clocks",
		c.Size, c.Commit, claimed(c.Time)), nil
}

func (v *verification) checkQuorum() (string, error) {
	c := v.report.Checkpoint
	if err := verifyOne(v.verifier, c); err != nil {
		return "", err
	}
	names := make([]string, len(c.Endorsements))
	for i, e := range c.Endorsements {
		names[i] = v.report.Genesis.Gateways[e.Author].Name
	}
	return "cosigned by " + strings.Join(names, ", "), nil
}

func (v *verification) checkRecord() (string, error) {
	record, err := dag.DecodeRecord(v.mesh, v.proof.Record)
	if err != nil {
		return "", err
	}
	v.report.Record = record
	return fmt.Sprintf("%s, %d bytes", record.ID(), len(record.Raw())), nil
}

func (v *verification) checkInclusion() (string, error) {
	c, record := v.report.Checkpoint, v.report.Record
	leaf := merkle.RecordLeaf(record.Statement(), record.ID())
	err := merkle.VerifyInclusion(v.proof.Path, c.Size, c.Root, v.proof.Index, merkle.LeafHash(leaf[:]))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("leaf %d of %d", v.proof.Index, c.Size), nil
}

// checkSigner checks the record's signature and tells a device's own from a gateway's.
func (v *verification) checkSigner() (string, error) {
	record := v.report.Record
	if err := verifyOne(v.verifier, record); err != nil {
		return "", err
	}
	for _, g := range v.report.Genesis.Gateways {
		if g.Node == record.Signer {
			v.report.AttestedBy, v.report.Device = g.Name, deviceName(record)
			return fmt.Sprintf("attested by gateway %s for device %q, which did not sign", g.Name, v.report.Device), nil
		}
	}
	v.report.Device = record.Signer.String()
	return "signed by device " + v.report.Device, nil
}

// deviceName returns the name that a record's content gives to its device, "" if it
// gives none or is no reading.
func deviceName(record *dag.Record) string {
	parse := senml.ParseCBOR
	switch record.Format {
	case dag.FormatSenMLCBOR:
	case dag.FormatSenMLJSON:
		parse = senml.ParseJSON
	default:
		return ""
	}
	pack, err := parse(record.Payload)
	if err != nil {
		return "" // content is its signer's affair: it does not make a proof invalid
	}
	return pack.Device()
}

// verifyOne checks a value's signatures and turns the verifier's error into words that
// name no type of ours.
func verifyOne[T dag.Signed](v *dag.Verifier, value T) error {
	_, errs := dag.Verify(v, []T{value})
	if failed, ok := errors.AsType[*dag.SignatureError](errs[0]); ok {
		return fmt.Errorf("under key %s: %w", failed.Key, failed.Err)
	}
	return errs[0]
}

// claimed returns a claimed time for people, in UTC.
func claimed(at dag.UnixMilli) string {
	return time.UnixMilli(int64(at)).UTC().Format("2006-01-02 15:04:05.000 UTC")
}
