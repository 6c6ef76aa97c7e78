package sweep

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSlurm submits the script to a Slurm of this machine: munge, controller and
// node daemon on loopback, in a folder of their own.
func TestSlurm(t *testing.T) {
	if testing.Short() || os.Getuid() != 0 {
		t.Skip("starts Slurm's daemons, as root")
	}
	for _, program := range []string{"munged", "slurmctld", "slurmd", "sbatch", "squeue"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%v: install slurmctld, slurmd, slurm-client and munge to run this test", err)
		}
	}
	dir := t.TempDir()
	startSlurm(t, dir)
	f := mustFolder(t, filepath.Join(dir, "out"), mustSweep(t, fakePoints(3, nil)))
	command := filepath.Join(dir, "fake floorsim")
	// Leaves its index, the ninth of its arguments, where the test finds it.
	if err := os.WriteFile(command, []byte("#!/bin/sh\necho \"$*\" > "+quote(dir)+"/done-$9\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	e, err := f.EmitSlurm(EmitOptions{Command: command, ArraySize: 3})
	if err != nil {
		t.Fatal(err)
	}
	slurm(t, dir, "bash", e.File)
	await := time.Now().Add(soon)
	for job := range f.sweep.Jobs() {
		name := filepath.Join(dir, fmt.Sprintf("done-%d", job))
		for {
			if _, err := os.Stat(name); err == nil {
				break
			}
			if time.Now().After(await) {
				t.Fatalf("job %d was not run:\n%s", job, slurm(t, dir, "squeue"))
			}
			slurm(t, dir, "squeue", "--noheader") // also paces the loop
		}
	}
}

// slurm runs a command of Slurm's against the test's cluster.
func slurm(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	command := exec.Command(name, args...)
	command.Env = append(os.Environ(), "SLURM_CONF="+filepath.Join(dir, "slurm.conf"), "SLURM_ARRAY_TASK_ID=")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
	return string(out)
}

func startSlurm(t *testing.T, dir string) {
	t.Helper()
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "munge.key")
	if err := os.WriteFile(key, []byte(strings.Repeat("0123456789abcdef", 8)), 0o400); err != nil {
		t.Fatal(err)
	}
	conf := fmt.Sprintf(`ClusterName=test
SlurmctldHost=%[2]s(127.0.0.1)
SlurmctldPort=%[3]d
SlurmdPort=%[4]d
AuthInfo=socket=%[1]s/munge.socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=%[1]s/state
SlurmdSpoolDir=%[1]s/spool
SlurmctldPidFile=%[1]s/slurmctld.pid
SlurmdPidFile=%[1]s/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
NodeName=%[2]s NodeAddr=127.0.0.1 CPUs=1 State=UNKNOWN
PartitionName=main Nodes=%[2]s Default=YES State=UP
`, dir, host, freePort(t), freePort(t))
	if err := os.WriteFile(filepath.Join(dir, "slurm.conf"), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	daemon(t, dir, "munged", "--foreground", "--force", "--key-file="+key, "--socket="+dir+"/munge.socket",
		"--pid-file="+dir+"/munge.pid", "--log-file="+dir+"/munge.log", "--seed-file="+dir+"/munge.seed")
	awaitSocket(t, dir+"/munge.socket")
	daemon(t, dir, "slurmctld", "-D", "-f", dir+"/slurm.conf", "-i")
	daemon(t, dir, "slurmd", "-D", "-f", dir+"/slurm.conf", "-N", host)
}

// awaitSocket returns when somebody listens there.
func awaitSocket(t *testing.T, name string) {
	t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	deadline := time.After(soon)
	for {
		if c, err := net.Dial("unix", name); err == nil {
			_ = c.Close()
			return
		}
		select {
		case <-look.C:
		case <-deadline:
			t.Fatalf("nobody listens on %s", name)
		}
	}
}

// daemon runs a program until the test ends.
func daemon(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	log, err := os.Create(filepath.Join(dir, name+".out"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(name, args...)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if text, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("%s: %s", name, text)
		}
		_ = log.Close()
	})
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}
