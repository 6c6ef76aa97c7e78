package checkpoint

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/merkle"
)

// ErrText means that a text is not that of a checkpoint, or a note not that of
// a certified one.
var ErrText = errors.New("malformed checkpoint")

// Checkpoint is the log as it was right after one commit. Checkpoints are equal
// (==) exactly if their texts are.
type Checkpoint struct {
	Origin      string // names the log, see [Origin]
	Size        uint64 // leaves of the log
	Root        dag.Digest
	Epoch       dag.EpochID
	Commit      dag.CommitIndex
	CommitID    dag.CommitID
	LeaderRound dag.Round     // of the commit's leader
	Time        dag.UnixMilli // of the commit: the committee's claim
}

// Origin returns the name of a ledger's log. The ledger id commits to the mesh
// and the site, so that no two logs share an origin.
func Origin(ledger dag.LedgerID) string { return "floormesh/ledger/" + ledger.String() }

// Text returns the checkpoint's text, which ends in a newline. See the package comment.
func (c *Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\nepoch %s\ncommit %d %s %d %d\n",
		c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]),
		c.Epoch, c.Commit, c.CommitID, c.LeaderRound, c.Time)
}

// ParseText parses what Text returns, and nothing else. Its error is ErrText.
func ParseText(text string) (Checkpoint, error) {
	if len(text) > MaxTextBytes {
		return Checkpoint{}, fmt.Errorf("%w: %d bytes of text", ErrText, len(text))
	}
	c, err := parseText(text)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrText, err)
	}
	// Text is the one spelling: signs, leading zeroes and stray bits of the
	// base64 do not survive this.
	if c.Text() != text {
		return Checkpoint{}, fmt.Errorf("%w: not in its one spelling", ErrText)
	}
	return c, nil
}

func parseText(text string) (c Checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 6 {
		return c, fmt.Errorf("%d lines, want 5", len(lines)-1)
	}
	if c.Origin = lines[0]; !validOrigin(c.Origin) {
		return c, fmt.Errorf("origin %.40q", c.Origin)
	}
	if c.Size, err = parseNumber(lines[1], merkle.MaxSize); err != nil {
		return c, fmt.Errorf("size: %w", err)
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != len(c.Root) {
		return c, errors.New("root is not the base64 of 32 bytes")
	}
	c.Root = dag.Digest(root)
	epoch, _ := strings.CutPrefix(lines[3], "epoch ")
	if c.Epoch, err = dag.ParseEpochID(epoch); err != nil {
		return c, err
	}
	return c, c.parseCommit(strings.Split(lines[4], " "))
}

// parseCommit parses the fields of the commit line.
func (c *Checkpoint) parseCommit(fields []string) (err error) {
	if len(fields) != 5 {
		return fmt.Errorf("commit line has %d fields, want 5", len(fields))
	}
	if c.CommitID, err = dag.ParseCommitID(fields[2]); err != nil {
		return err
	}
	index, errIndex := parseNumber(fields[1], dag.MaxCounter)
	round, errRound := parseNumber(fields[3], dag.MaxCounter)
	millis, errTime := parseNumber(fields[4], uint64(dag.MaxUnixMilli))
	c.Commit, c.LeaderRound, c.Time = dag.CommitIndex(index), dag.Round(round), dag.UnixMilli(millis)
	return errors.Join(errIndex, errRound, errTime)
}

func parseNumber(text string, limit uint64) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, err
	}
	if n > limit {
		return 0, fmt.Errorf("%d is over %d", n, limit)
	}
	return n, nil
}

// validOrigin says whether an origin may stand in a text: printable ASCII without
// spaces, since ours are.
func validOrigin(origin string) bool {
	return origin != "" && len(origin) <= MaxOriginBytes &&
		strings.IndexFunc(origin, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}
