package result

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Instant is a moment of virtual time in nanoseconds since the run began.
type Instant int64

// String returns the instant as seconds, "12.345678s".
func (t Instant) String() string { return time.Duration(t).String() }

// Node is the number of a simulated node.
type Node uint32

// NoNode stands where there is none.
const NoNode Node = math.MaxUint32

func (n Node) String() string {
	if n == NoNode {
		return "-"
	}
	return fmt.Sprintf("n%d", uint32(n))
}

// MarshalJSON writes the number, or null for NoNode.
func (n Node) MarshalJSON() ([]byte, error) {
	if n == NoNode {
		return []byte("null"), nil
	}
	return strconv.AppendUint(nil, uint64(n), 10), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (n *Node) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*n = NoNode
		return nil
	}
	v, err := strconv.ParseUint(string(text), 10, 32)
	if err != nil || v >= maxNodes && Node(v) != NoNode {
		return fmt.Errorf("%.40s is no node: it is written as a whole number from 0 to %d, or null", text, maxNodes-1)
	}
	*n = Node(v)
	return nil
}

// Kind is the kind of a message: an index into Config.Kinds.
type Kind uint8

// Message names one message, the same for all who send or receive it.
type Message uint64

// Stage is how far a record has come.
type Stage uint8

// The stages, in the words shown to people. Everywhere is final on every honest node.
const (
	Replicated Stage = iota
	Final
	Everywhere
	Witnessed
	stages
)

func (s Stage) String() string {
	return [...]string{"replicated", "final", "everywhere", "witnessed", "?"}[min(s, stages)]
}

// Act is what happened in an event.
type Act uint8

// What can happen. Marked is whatever else a world wants to be seen.
const (
	Marked Act = iota
	Sent
	Received
	Lost
	Woke
	Synced
	Made
	Committed
	Crashed
	Restarted
	acts
)

func (a Act) String() string {
	return [...]string{"marked", "sent", "received", "lost", "woke", "synced", "made", "committed", "crashed", "restarted", "?"}[min(a, acts)]
}

// ParseAct returns the act of a name.
func ParseAct(name string) (Act, error) {
	for a := range acts {
		if a.String() == name {
			return a, nil
		}
	}
	return 0, fmt.Errorf("there is no act %q", name)
}
