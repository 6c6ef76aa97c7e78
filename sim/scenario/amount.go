package scenario

import (
	"fmt"
	"strconv"
	"strings"
)

// Amount is how many of those that a selector describes it means.
type Amount struct {
	Of AmountOf
	N  int64 // AmountCount: nodes; AmountShare: a Share
}

// AmountOf is how an Amount is meant.
type AmountOf uint8

// Amounts.
const (
	AmountAll    AmountOf = iota // "all": every one
	AmountFaulty                 // "f": as many as a site's committee tolerates, (members-1)/3
	AmountCount                  // "3"
	AmountShare                  // "33%", rounded down
)

// UnmarshalText reads "all", "f", "3" or "33%".
func (a *Amount) UnmarshalText(text []byte) error {
	switch s := string(text); {
	case s == "all":
		*a = Amount{}
	case s == "f":
		*a = Amount{Of: AmountFaulty}
	case strings.HasSuffix(s, "%"), strings.HasSuffix(s, "ppm"):
		var share Share
		if err := share.UnmarshalText(text); err != nil || share < 0 || share > Whole {
			return fmt.Errorf("%q is not a share of nodes; expected 0%% to 100%%", s)
		}
		*a = Amount{Of: AmountShare, N: int64(share)}
	default:
		n, err := strconv.ParseUint(s, 10, 31)
		if err != nil {
			return fmt.Errorf(`%q is not an amount of nodes; expected "all", "f", a count such as 3, or a share such as "33%%"`, s)
		}
		*a = Amount{Of: AmountCount, N: int64(n)}
	}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (a Amount) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// String writes the amount.
func (a Amount) String() string {
	switch a.Of {
	case AmountFaulty:
		return "f"
	case AmountCount:
		return strconv.FormatInt(a.N, 10)
	case AmountShare:
		return Share(a.N).String()
	default:
		return "all"
	}
}

// of returns how many of some candidates are meant; members is the size of
// the site's committee.
func (a Amount) of(candidates, members int) int {
	switch a.Of {
	case AmountFaulty:
		return min(candidates, (members-1)/3)
	case AmountCount:
		return min(candidates, int(a.N))
	case AmountShare:
		return int(Share(a.N).Of(int64(candidates)))
	default:
		return candidates
	}
}

func (Amount) shape() map[string]any {
	return map[string]any{"anyOf": []any{
		map[string]any{"type": "integer", "minimum": 0},
		map[string]any{"type": "string", "pattern": `^(all|f|[0-9]+|[0-9]+(\.[0-9]+)?(%|ppm))$`},
	}}
}
