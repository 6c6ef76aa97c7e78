package dag_test

import (
	"encoding"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/floormesh/floormesh/dag"
)

// id is what every identity type has.
type id[T any] interface {
	~[32]byte
	fmt.Stringer
	encoding.TextMarshaler
	IsZero() bool
	Compare(o T) int
}

func TestIDsRoundTrip(t *testing.T) {
	t.Run("RecordID", func(t *testing.T) { roundTrip(t, dag.ParseRecordID, "bafkrei", (*dag.RecordID).UnmarshalText) })
	t.Run("BatchID", func(t *testing.T) { roundTrip(t, dag.ParseBatchID, "bafyrei", (*dag.BatchID).UnmarshalText) })
	t.Run("BlockID", func(t *testing.T) { roundTrip(t, dag.ParseBlockID, "bafyrei", (*dag.BlockID).UnmarshalText) })
	t.Run("CommitID", func(t *testing.T) { roundTrip(t, dag.ParseCommitID, "bafyrei", (*dag.CommitID).UnmarshalText) })
	t.Run("MeshID", func(t *testing.T) { roundTrip(t, dag.ParseMeshID, "bafyrei", (*dag.MeshID).UnmarshalText) })
	t.Run("LedgerID", func(t *testing.T) { roundTrip(t, dag.ParseLedgerID, "", (*dag.LedgerID).UnmarshalText) })
	t.Run("EpochID", func(t *testing.T) { roundTrip(t, dag.ParseEpochID, "", (*dag.EpochID).UnmarshalText) })
	t.Run("Digest", func(t *testing.T) { roundTrip(t, dag.ParseDigest, "", (*dag.Digest).UnmarshalText) })
}

func roundTrip[T id[T]](t *testing.T, parse func(string) (T, error), prefix string, unmarshal func(*T, []byte) error) {
	rapid.Check(t, func(t *rapid.T) {
		var d [32]byte
		copy(d[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "digest"))
		want := T(d)
		text := want.String()
		if !strings.HasPrefix(text, prefix) || strings.ToLower(text) != text {
			t.Errorf("text is %s", text)
		}
		got, err := parse(text)
		if err != nil || got.Compare(want) != 0 || got.IsZero() != (d == [32]byte{}) {
			t.Errorf("%s parsed as %v, %v", text, got, err)
		}
		marshalled, err := want.MarshalText()
		if err != nil || string(marshalled) != text {
			t.Errorf("marshalled as %s, %v", marshalled, err)
		}
		var again T
		if err := unmarshal(&again, marshalled); err != nil || again != want {
			t.Errorf("unmarshalled as %v, %v", again, err)
		}
	})
	good := T{0xd1}.String()
	for _, bad := range []string{"", "x", strings.ToUpper(good), good + "a", good[:len(good)-1], "z" + good, strings.Repeat("a", 10_000)} {
		if got, err := parse(bad); !errors.Is(err, dag.ErrEncoding) {
			t.Errorf("%q parsed as %v, %v; want ErrEncoding", bad, got, err)
		}
		kept := T{7}
		if err := unmarshal(&kept, []byte(bad)); err == nil || kept != (T{7}) {
			t.Errorf("%q unmarshalled as %v, %v", bad, kept, err)
		}
	}
}

func TestIDsOfOtherCodecs(t *testing.T) {
	if _, err := dag.ParseRecordID(dag.BlockID{1}.String()); !errors.Is(err, dag.ErrEncoding) {
		t.Errorf("a block's id as a record's: %v", err)
	}
	if _, err := dag.ParseBlockID(dag.RecordID{1}.String()); !errors.Is(err, dag.ErrEncoding) {
		t.Errorf("a record's id as a block's: %v", err)
	}
	if _, err := dag.ParseMeshID("QmRgutAxd8t7oGkSm4wmeuByG6M51wcTso6cubDdQtuEfL"); !errors.Is(err, dag.ErrEncoding) {
		t.Errorf("a CIDv0: %v", err)
	}
}

func TestCompare(t *testing.T) {
	low, high := dag.PublicKey{1}, dag.PublicKey{2}
	lanes := []dag.LaneID{{Key: low, Number: 0}, {Key: low, Number: 4}, {Key: high, Number: 0}}
	for i, a := range lanes {
		for k, b := range lanes {
			if got, want := a.Compare(b), sign(i-k); got != want {
				t.Errorf("%v against %v: %d, want %d", a, b, got, want)
			}
		}
	}
}

func sign(i int) int {
	switch {
	case i < 0:
		return -1
	case i > 0:
		return 1
	}
	return 0
}
