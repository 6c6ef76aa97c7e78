package message

import "fmt"

// kind is a message's number on the wire. Numbers are never given away twice.
type kind uint8

const (
	kindBlocks kind = iota + 1
	kindBatches
	kindCosign
	kindTips
	kindWantBlocks
	kindWantBatches
	kindWantLane
	kindWantCommits
	kindCommits
)

func kindOf(m Message) kind {
	switch m.(type) {
	case *Blocks:
		return kindBlocks
	case *Batches:
		return kindBatches
	case *Cosign:
		return kindCosign
	case *Tips:
		return kindTips
	case *WantBlocks:
		return kindWantBlocks
	case *WantBatches:
		return kindWantBatches
	case *WantLane:
		return kindWantLane
	case *WantCommits:
		return kindWantCommits
	case *Commits:
		return kindCommits
	default:
		panic(fmt.Sprintf("message of unknown type %T", m))
	}
}

// Name returns a message's name for logs and metrics, such as "blocks" or "want_lane".
func Name(m Message) string {
	switch kindOf(m) {
	case kindBlocks:
		return "blocks"
	case kindBatches:
		return "batches"
	case kindCosign:
		return "cosign"
	case kindTips:
		return "tips"
	case kindWantBlocks:
		return "want_blocks"
	case kindWantBatches:
		return "want_batches"
	case kindWantLane:
		return "want_lane"
	case kindWantCommits:
		return "want_commits"
	case kindCommits:
		return "commits"
	default:
		return "unknown"
	}
}
