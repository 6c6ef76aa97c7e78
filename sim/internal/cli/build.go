package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

// buildID names the code of this program, so that results of two builds do not
// meet in one table: the commit if it was built from a clean one, on whatever
// machine, else a hash of the program's own file.
func buildID() (string, error) {
	settings := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
	}
	if revision := settings["vcs.revision"]; revision != "" && settings["vcs.modified"] == "false" {
		return "git-" + revision[:min(len(revision), 16)], nil
	}
	own, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("name this build: %w", err)
	}
	file, err := os.Open(own)
	if err != nil {
		return "", fmt.Errorf("name this build: %w", err)
	}
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	if err = errors.Join(err, file.Close()); err != nil {
		return "", fmt.Errorf("name this build: %w", err)
	}
	return "file-" + hex.EncodeToString(sum.Sum(nil)[:8]), nil
}
