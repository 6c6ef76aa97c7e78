package cli

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/proof"
	"github.com/floormesh/floormesh/dag/senml"
	"github.com/floormesh/floormesh/node/internal/terminal"
)

type verifyCommand struct {
	File string `arg:"" help:"File made by 'floormesh prove'; - for standard input."`
	Mesh string `help:"The mesh id, from whoever founded the mesh: the one thing to trust." required:"" placeholder:"ID"`
	jsonFlag
}

// verdict is what verify prints.
type verdict struct {
	Valid  bool           `json:"valid"`
	Checks []proof.Result `json:"checks"`
	// The rest is there only if the proof is valid.
	ID         *dag.RecordID   `json:"id,omitempty"`
	Device     string          `json:"device,omitempty"`
	AttestedBy *string         `json:"attested_by,omitempty"`
	Leaf       *dag.LeafIndex  `json:"leaf,omitempty"`
	Content    json.RawMessage `json:"content,omitempty"`
}

// checkFile is the check that comes before those of package proof: that the
// file is a proof at all.
const checkFile proof.Check = "file"

// Run checks a proof and says what was found.
func (c *verifyCommand) Run(s *streams) error {
	mesh, err := dag.ParseMeshID(c.Mesh)
	if err != nil {
		return misused(fmt.Errorf("%q is no mesh id: %w", c.Mesh, err), "'floormesh init' prints it, and 'floormesh status' shows that of a gateway you trust")
	}
	file, err := c.read(s.in)
	if err != nil {
		return err
	}
	v, failure := judge(file, mesh)
	if c.JSON {
		if err := printJSON(s.out, v); err != nil {
			return err
		}
	} else {
		printVerdict(s.out, v)
	}
	if failure != nil {
		return notValid(failure)
	}
	return nil
}

func (c *verifyCommand) read(stdin io.Reader) ([]byte, error) {
	from := stdin
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return nil, failed(err, "name a file made by 'floormesh prove ID -o FILE'")
		}
		defer f.Close() //nolint:errcheck // read only
		from = f
	}
	// One byte more than a proof may have is enough to see that it is none.
	return io.ReadAll(io.LimitReader(from, int64(proof.MaxFileBytes())+1))
}

func judge(file []byte, mesh dag.MeshID) (*verdict, error) {
	p, err := proof.Decode(file)
	if err != nil {
		failure := &proof.CheckError{Check: checkFile, Err: err}
		return &verdict{Checks: []proof.Result{{Check: checkFile, Detail: err.Error()}}}, failure
	}
	report, err := proof.Verify(p, mesh, rand.Reader)
	v := &verdict{Valid: err == nil, Checks: report.Results}
	if err != nil {
		return v, err
	}
	id := report.Record.ID()
	v.ID, v.Device, v.Leaf = &id, report.Device, &p.Index
	if report.AttestedBy != "" {
		v.AttestedBy = &report.AttestedBy
	}
	v.Content = readable(report.Record)
	return v, nil
}

// readable returns a record's readings as JSON, nil if it holds none.
func readable(r *dag.Record) json.RawMessage {
	var (
		pack senml.Pack
		err  error
	)
	switch r.Format {
	case dag.FormatSenMLCBOR:
		pack, err = senml.ParseCBOR(r.Payload)
	case dag.FormatSenMLJSON:
		pack, err = senml.ParseJSON(r.Payload)
	default:
		return nil
	}
	if err != nil {
		return nil // the signature holds all the same
	}
	text, err := pack.EncodeJSON()
	if err != nil {
		return nil
	}
	return text
}

func printVerdict(w io.Writer, v *verdict) {
	t := &terminal.Table{}
	for _, r := range v.Checks {
		mark := "✓"
		if !r.OK {
			mark = "✗"
		}
		t.Add(mark, string(r.Check), r.Detail)
	}
	fmt.Fprint(w, t)
	if !v.Valid {
		fmt.Fprintln(w, "NOT VALID")
		return
	}
	signer := "signed by device " + v.Device
	if v.AttestedBy != nil {
		signer = fmt.Sprintf("of %q, attested by gateway %s", v.Device, *v.AttestedBy)
	}
	fmt.Fprintf(w, "VALID: record %s, leaf %d of the log, %s\n", v.ID, *v.Leaf, signer)
	if v.Content != nil {
		fmt.Fprintf(w, "%s\n", v.Content)
	}
}

// notValid is the error of a proof that does not hold.
func notValid(failure error) error {
	hint := "the file was changed or damaged; fetch it again with 'floormesh prove', from a gateway of that mesh"
	c, ok := errors.AsType[*proof.CheckError](failure)
	switch {
	case errors.Is(failure, proof.ErrNewer):
		hint = "verify it with a newer version of floormesh"
	case ok && c.Check == proof.CheckMesh:
		hint = "the proof is of another mesh; compare --mesh with the id that 'floormesh init' printed"
	}
	return failed(fmt.Errorf("not valid: %w", failure), hint)
}
