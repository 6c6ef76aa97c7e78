package sim_test

import (
	"errors"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestPlantedBugsAreFound builds floorsim with each of the protocol's known
// mistakes and expects its checkers to complain within so many seeds: a checker
// that finds nothing there would find nothing anywhere.
//
// Each was found in a prototype first, and mended in the design.
func TestPlantedBugsAreFound(t *testing.T) {
	if testing.Short() {
		t.Skip("builds floorsim once per mistake")
	}
	for _, bug := range []struct {
		tag   string
		seeds string // the budget
		what  string
	}{
		{"planted_quiet_early", "20", "members sleep before a checkpoint covers what is final, and strand a laggard"},
		{"planted_acks_not_fetched", "60", "batches known only from acks are never asked for"},
		{"planted_cut_by_seq", "400", "cuts count how far members list, not what"},
		{"planted_own_ack_order", "20", "bounded lists are ordered by each member's own waiting time"},
		{"planted_no_resend", "60", "newest blocks that were lost are never sent again"},
		{"planted_cut_on_one_ack", "40", "one member's word is enough for the cut"},
		{"planted_blocks_not_durable", "10", "blocks leave before they and their parents are durable"},
		{"planted_signed_forgotten", "20", "a restart forgets what was signed"},
		{"planted_quorum_2f", "10", "two quorums need not share an honest member"},
		{"planted_votes_suffice", "500", "a leader commits on votes alone"},
		{"planted_certificate_in_store", "1200", "a certificate counts though the anchor's history does not hold it"},
		{"planted_anchor_too_near", "5000", "what lies two rounds up decides for a leader"},
		{"planted_round_jumps", "10", "a member jumps to the newest round and leaves its own out"},
		{"planted_forks_not_spread", "200", "who finds a lane forked keeps both batches to itself"},
		{"planted_frozen_forgotten", "200", "a restart forgets which lanes are frozen"},
		{"planted_own_kept", "10", "own statements stay on the list of what is under way once they are executed"},
	} {
		t.Run(bug.tag, func(t *testing.T) {
			t.Parallel()
			out, err := floorsim(t, bug.tag, "check", "--first", "--seeds", bug.seeds)
			failed, ok := errors.AsType[*exec.ExitError](err)
			if !ok || failed.ExitCode() != 1 {
				t.Errorf("%s: %s seeds do not show it: %v\n%s", bug.what, bug.seeds, err, out)
			}
		})
	}
	// The control: what makes one of them show in small runs is no mistake itself.
	t.Run("planted_short_lists", func(t *testing.T) {
		t.Parallel()
		if out, err := floorsim(t, "planted_short_lists", "check", "--seeds", "20"); err != nil {
			t.Errorf("short lists fail though all agree on their order: %v\n%s", err, out)
		}
	})
}

// floorsim builds the command with a tag and runs it.
func floorsim(t *testing.T, tag string, args ...string) (out []byte, err error) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "floorsim")
	// Without tables for debuggers, which take a third of the linker's time.
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-s -w", "-tags", tag, "-o", binary, "./cmd/floorsim")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build with %s: %v\n%s", tag, err, text)
	}
	return exec.CommandContext(t.Context(), binary, args...).CombinedOutput()
}
