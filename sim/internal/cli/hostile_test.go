package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/resulttest"
	"github.com/floormesh/floormesh/sim/scenarios"
)

// refused runs a command on something hostile. It must end, and if it did not work say where and what to do.
func refused(t *testing.T, what, place string, args ...string) {
	t.Helper()
	code, _, talk := floorsim(args...)
	switch {
	case code == exitFine || code == exitFailed:
	case code != exitBroken:
		t.Errorf("%s: floorsim %s: exit code %d: %s", what, strings.Join(args, " "), code, talk)
	case !strings.Contains(talk, place) && !strings.Contains(talk, "compare two runs of one scenario") || !strings.Contains(talk, "floorsim: hint: "):
		t.Errorf("%s: floorsim %s: no place or no remedy in: %s", what, strings.Join(args, " "), talk)
	}
	if words := regexp.MustCompile(`(^|[^.])\bjson: |strconv\.|Go (value|struct)|cannot unmarshal|reflect\.`).FindString(talk); words != "" {
		t.Errorf("%s: floorsim %s speaks of %q: %s", what, strings.Join(args, " "), words, talk)
	}
}

// hostile returns what a text may become on its way, by what happened to it. Random changes follow from rng.
func hostile(rng *rand.Rand, text []byte) map[string][]byte {
	out := map[string][]byte{
		"empty": {}, "one byte": {'x'}, "NUL bytes": make([]byte, len(text)), "half": text[:len(text)/2],
		"twice": append(bytes.Clone(text), text...), "no UTF-8": append([]byte{0xff, 0xfe}, text...),
		"another's": []byte("%PDF-1.7\n"), "a NUL in it": bytes.Replace(text, []byte{'\n'}, []byte{0}, 1), "brackets": bytes.Repeat([]byte("[{"), 50_000),
	}
	for i := range 4 {
		flipped := bytes.Clone(text)
		for range 1 + i {
			flipped[rng.IntN(len(flipped))] = byte(rng.Uint32())
		}
		out[fmt.Sprintf("%d bytes changed", 1+i)] = flipped
	}
	return out
}

// extremes are numbers that reckoning is not made for.
func extremes() []string {
	return []string{"-1", "0", "1", "9223372036854775807", "-9223372036854775808", "18446744073709551615", "1e308", "1.5", "null", `"7"`, "[]", "{}", "true"}
}

// numbers are those in a JSON text, with the key or bracket before.
var numbers = regexp.MustCompile(`([:\[,]\s*)-?[0-9]+`)

// seal puts the sizes and hashes of a folder's files into run.json, so that what follows is looked at.
func seal(t *testing.T, dir string, summary []byte) {
	t.Helper()
	var keys map[string]json.RawMessage
	if json.Unmarshal(summary, &keys) == nil && keys["files"] != nil {
		files := map[string]result.File{}
		for _, path := range must(filepath.Glob(filepath.Join(dir, "*"))) {
			if text, err := os.ReadFile(path); err == nil {
				sum := sha256.Sum256(text)
				files[filepath.Base(path)] = result.File{Bytes: int64(len(text)), SHA256: hex.EncodeToString(sum[:])}
			}
		}
		keys["files"] = must(json.Marshal(files))
		summary = must(json.Marshal(keys))
	}
	if err := os.WriteFile(filepath.Join(dir, "run.json"), summary, 0o600); err != nil {
		t.Fatal(err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// readers are the commands that read a results folder.
func readers(t *testing.T, dir, good string) [][]string {
	out := filepath.Join(t.TempDir(), "out")
	all := [][]string{
		{"report", dir, "-o", out + ".html"},
		{"export", dir, "-o", out},
		{"diff", dir, good},
		{"diff", good, dir, "--quantiles"},
		{"picture", dir, "--what", "dag", "-o", out + ".svg"},
		{"picture", dir, "--what", "space-time", "-o", out + ".svg"},
	}
	for _, what := range []string{"latency-cdf", "latency-time", "throughput", "bytes", "propagation"} {
		all = append(all, []string{"plot", dir, "--what", what, "-o", out + ".svg"})
	}
	return all
}

// TestHostileFolders: whatever a results folder holds, no command panics or hangs, and each says what to do.
func TestHostileFolders(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	run := resulttest.Run(t, resulttest.Options{Seed: 7, Logged: true})
	home := t.TempDir()
	good := filepath.Join(home, "good")
	if err := result.Write(good, run, false); err != nil {
		t.Fatal(err)
	}
	summary := must(os.ReadFile(filepath.Join(good, "run.json")))
	commands := readers(t, filepath.Join(home, "bad"), good)
	tried := rng.IntN(len(commands))
	try := func(what string, spoil func(dir string) []byte) {
		dir := filepath.Join(home, "bad")
		if err := os.CopyFS(dir, os.DirFS(good)); err != nil {
			t.Fatal(err)
		}
		if text := spoil(dir); text != nil {
			seal(t, dir, text)
		}
		refused(t, what, dir, commands[tried%len(commands)]...) // one in turn: they all read the same way
		tried++
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	entries := must(os.ReadDir(good))
	for _, e := range entries {
		text := must(os.ReadFile(filepath.Join(good, e.Name())))
		bad := hostile(rng, text)
		for _, what := range slices.Sorted(maps.Keys(bad)) {
			try(e.Name()+" is "+what, func(dir string) []byte {
				if e.Name() == "run.json" {
					return bad[what]
				}
				if err := os.WriteFile(filepath.Join(dir, e.Name()), bad[what], 0o600); err != nil {
					t.Fatal(err)
				}
				return summary
			})
		}
		try(e.Name()+" is a folder", func(dir string) []byte {
			path := filepath.Join(dir, e.Name())
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(path, 0o755); err != nil {
				t.Fatal(err)
			}
			return nil
		})
		try(e.Name()+" is a device", func(dir string) []byte {
			path := filepath.Join(dir, e.Name())
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("/dev/zero", path); err != nil {
				t.Skip(err)
			}
			return nil
		})
	}
	places := numbers.FindAllSubmatchIndex(summary, -1)
	for range 60 {
		at, number := places[rng.IntN(len(places))], extremes()[rng.IntN(len(extremes()))]
		changed := slices.Concat(summary[:at[3]], []byte(number), summary[at[1]:])
		try(fmt.Sprintf("run.json has %s at byte %d", number, at[3]), func(string) []byte { return changed })
	}
}

// TestHostileScenarios: the same of files of scenarios and of plans.
func TestHostileScenarios(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	_, plan, _ := floorsim("plan", "--seed", "5")
	library := must(scenarios.Read("committee-and-loss"))
	path := filepath.Join(dir, "file")
	for name, text := range map[string]string{"scenario": library, "plan": plan} {
		bad := hostile(rng, []byte(text))
		for i, at := range numbers.FindAllStringSubmatchIndex(text, -1) {
			if number := extremes()[i%len(extremes())]; i%2 == 0 {
				bad[fmt.Sprintf("with %s at byte %d", number, at[3])] = []byte(text[:at[3]] + number + text[at[1]:])
			}
		}
		for _, what := range slices.Sorted(maps.Keys(bad)) {
			if err := os.WriteFile(path, bad[what], 0o600); err != nil {
				t.Fatal(err)
			}
			if name == "plan" {
				if !strings.HasPrefix(what, "with ") { // a plan of other numbers is a plan, and may take its time
					refused(t, "a plan, "+what, path, "check", "--plan", path)
				}
				continue
			}
			refused(t, "a scenario, "+what, path, "explain", path)
			refused(t, "a scenario, "+what, "", "explain", path, "--points") // the place of a value is one of an axis
		}
	}
	for _, args := range [][]string{{"explain", dir}, {"run", dir}, {"sweep", "run", dir}, {"check", "--plan", dir}, {"explain", path + "/below"}, {"run", path + "\x00"}, {"sweep", "run", path + "/below"}} {
		refused(t, "a folder", args[len(args)-1], args...)
	}
}
