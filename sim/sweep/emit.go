package sweep

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// EmitOptions say how the jobs of a sweep are to be run by another scheduler.
type EmitOptions struct {
	Command  string // path of floorsim there
	Parallel int    // most jobs at a time; 0 leaves it to the scheduler
	CPUs     int    // of one job; 0 means 1
	Memory   string // of one job, as the scheduler writes it ("4G", "4Gi"); "" leaves it out
	Attempts int    // of one job; 0 means the default

	ArraySize int    // Slurm: most tasks of an array; 0 means 1000, what Slurm takes as it comes
	Image     string // Kubernetes: the image that holds floorsim
	Claim     string // Kubernetes: an existing claim for the results; "" makes one
	Storage   string // Kubernetes: size of the claim that is made; "" means 10Gi
}

func (o EmitOptions) complete() (EmitOptions, error) {
	o.Command = orDefault(o.Command, "floorsim")
	o.CPUs = orDefault(o.CPUs, 1)
	o.Attempts = orDefault(o.Attempts, defaultAttempts)
	o.ArraySize = orDefault(o.ArraySize, maxArrayJobs)
	o.Storage = orDefault(o.Storage, "10Gi")
	switch {
	case o.Parallel < 0 || o.CPUs < 0 || o.ArraySize < 0:
		return o, errors.New("counts are not negative")
	case o.Attempts < 1 || o.Attempts > maxAttempts:
		return o, fmt.Errorf("%d attempts: 1 to %d are possible", o.Attempts, maxAttempts)
	}
	for _, word := range []string{o.Memory, o.Image, o.Claim, o.Storage} {
		if strings.ContainsAny(word, " \t\r\n\"'\\#{}") {
			return o, fmt.Errorf("%q: blanks, quotes, braces and # do not belong into names and sizes", word)
		}
	}
	return o, nil
}

// An Emitted is a file for a scheduler, and how to use it.
type Emitted struct {
	File  string // path
	Usage string // the commands to give
}

// point returns the command of a job for a shell; index is put in as it stands.
func (f *Folder) point(o EmitOptions, scenario, out, index string) []string {
	return []string{
		quote(o.Command), "sweep", "point", quote(scenario), "--build", quote(f.sweep.Build),
		"--attempts", fmt.Sprint(o.Attempts), "--index", index, "--out", quote(out),
	}
}

// emit writes a file for a scheduler into the folder.
func (f *Folder) emit(name, text string) (string, error) {
	path := filepath.Join(f.dir, name)
	if err := writeWhole(path, []byte(text)); err != nil {
		return "", fmt.Errorf("write %s: %w", path, err)
	}
	return path, nil
}

// absolute returns the folder's path for jobs that start elsewhere.
func (f *Folder) absolute() (string, error) {
	dir, err := filepath.Abs(f.dir)
	if err == nil && strings.ContainsAny(dir, "\n\r%") {
		err = fmt.Errorf("%q: line breaks and percent signs in the path of the folder cannot be told to schedulers: give another with --out", dir)
	}
	return dir, err
}

// quote makes one word of a text for a POSIX shell.
func quote(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./=,:+@", r)
	}
	if text != "" && !strings.ContainsFunc(text, func(r rune) bool { return !plain(r) }) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// EmitParallel writes a job list for GNU parallel (or xargs, or any shell): one
// command a line.
func (f *Folder) EmitParallel(o EmitOptions) (e Emitted, err error) {
	if o, err = o.complete(); err != nil {
		return e, err
	}
	dir, err := f.absolute()
	if err != nil {
		return e, err
	}
	var list strings.Builder
	for job := range f.sweep.Jobs() {
		fmt.Fprintln(&list, strings.Join(f.point(o, filepath.Join(dir, scenarioName), dir, fmt.Sprint(job)), " "))
	}
	if e.File, err = f.emit("jobs.txt", list.String()); err != nil {
		return e, err
	}
	jobs := "100%"
	if o.Parallel > 0 {
		jobs = fmt.Sprint(o.Parallel)
	}
	e.Usage = fmt.Sprintf("parallel --jobs %s --joblog %s --resume < %s\n%s sweep collect %s\n",
		jobs, quote(filepath.Join(dir, "parallel.log")), quote(filepath.Join(dir, "jobs.txt")), quote(o.Command), quote(dir))
	return e, nil
}

// EmitSlurm writes a script for Slurm's sbatch. Run by a shell, it submits as
// many job arrays as the number of jobs needs.
func (f *Folder) EmitSlurm(o EmitOptions) (e Emitted, err error) {
	if o, err = o.complete(); err != nil {
		return e, err
	}
	dir, err := f.absolute()
	if err != nil {
		return e, err
	}
	limit := ""
	if o.Parallel > 0 {
		limit = fmt.Sprintf("%%%d", o.Parallel)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "#!/bin/bash\n#SBATCH --job-name=floorsim-%s\n", f.sweep.ID())
	fmt.Fprintf(&b, "#SBATCH --cpus-per-task=%d\n#SBATCH --output=%s/slurm-%%A_%%a.txt\n", o.CPUs, dir)
	if o.Memory != "" {
		fmt.Fprintf(&b, "#SBATCH --mem=%s\n", o.Memory)
	}
	fmt.Fprintf(&b, slurmBody,
		f.sweep.Jobs(), o.ArraySize, limit, // the arrays
		o.CPUs, strings.Join(f.point(o, filepath.Join(dir, scenarioName), dir, `"$((${FLOORSIM_FIRST:-0} + SLURM_ARRAY_TASK_ID))"`), " \\\n  "))
	if e.File, err = f.emit("sweep.sbatch", b.String()); err != nil {
		return e, err
	}
	e.Usage = fmt.Sprintf("bash %s   # on a login node; when all is done:\n%s sweep collect %s\n", quote(filepath.Join(dir, "sweep.sbatch")), quote(o.Command), quote(dir))
	return e, nil
}

// slurmBody is the script below its options. A task exits with 1 if its point
// failed or violated a property: sacct then shows which.
const slurmBody = `set -eu

# Started by a shell and not by Slurm: submit arrays of what Slurm takes at once.
if [ -z "${SLURM_ARRAY_TASK_ID:-}" ]; then
  jobs=%d size=%d
  for ((first = 0; first < jobs; first += size)); do
    last=$((jobs - first < size ? jobs - first - 1 : size - 1))
    sbatch --array="0-$last%s" --export="ALL,FLOORSIM_FIRST=$first" "$0"
  done
  exit
fi

export GOMAXPROCS=%d
exec %s
`
