package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/floormesh/floormesh/node"
	"github.com/floormesh/floormesh/node/internal/client"
)

// TestDiscovery has two gateways on one network, each in a network namespace of
// its own, find each other by mDNS alone, and finalise a record. It needs root.
func TestDiscovery(t *testing.T) {
	lan := newLAN(t, 2)
	dir := t.TempDir()
	if _, err := node.Init(dir, node.InitOptions{Mesh: "lan", Site: "plant", Gateways: 2, BasePort: node.DefaultBasePort}); err != nil {
		t.Fatal(err)
	}
	var running []*host
	for i, ns := range lan.hosts {
		home := filepath.Join(dir, fmt.Sprintf("gw%d", i+1))
		listen := fmt.Sprintf("name: gw%d\np2p:\n  listen: [/ip4/0.0.0.0/tcp/0, /ip4/0.0.0.0/udp/0/quic-v1]\n", i+1)
		if err := os.WriteFile(filepath.Join(home, "config.yaml"), []byte(listen), 0o600); err != nil {
			t.Fatal(err)
		}
		running = append(running, startHost(t, lan.program, ns, home))
	}
	await(t, "the gateways to find each other", func() bool {
		for _, h := range running {
			if st := h.status(t); len(st.Peers) != 1 || !st.Peers[0].Connected {
				return false
			}
		}
		return true
	}, func() any { return running[0].log.String() + running[1].log.String() })

	press := filepath.Join(dir, "press.pem")
	running[0].floormesh(t, "device", "new", press)
	running[0].floormesh(t, "publish", "--device", press, "--measurement", "oil", "--unit", "Cel", "--wait", "61.5")
	await(t, "the record to be final on both", func() bool {
		return running[0].status(t).Final == 1 && running[1].status(t).Final == 1
	}, func() any { return running[0].log.String() + running[1].log.String() })
}

// lan is a bridge and hosts on it, all in network namespaces of their own.
type lan struct {
	hosts   []string // namespaces
	program string   // floormesh
}

// newLAN lays a network, and takes it away when the test ends, however it does.
func newLAN(t *testing.T, hosts int) *lan {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("making network namespaces needs root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("making network namespaces needs ip, of iproute2")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	l := &lan{program: filepath.Join(t.TempDir(), "floormesh")}
	if err := os.Symlink(exe, l.program); err != nil {
		t.Fatal(err)
	}
	name := func(what string) string { return fmt.Sprintf("floormesh-%d-%s", os.Getpid(), what) }
	bridge := name("switch")
	if out, err := addNamespace(t, bridge); err != nil {
		t.Skipf("network namespaces cannot be made here: %s", out)
	}
	ip(t, "-n", bridge, "link", "add", "br0", "type", "bridge")
	ip(t, "-n", bridge, "link", "set", "br0", "up")
	for i := range hosts {
		ns, port := name(fmt.Sprintf("host%d", i+1)), fmt.Sprintf("port%d", i+1)
		if out, err := addNamespace(t, ns); err != nil {
			t.Fatalf("add namespace: %s", out)
		}
		l.hosts = append(l.hosts, ns)
		ip(t, "-n", bridge, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", ns)
		ip(t, "-n", bridge, "link", "set", port, "master", "br0", "up")
		ip(t, "-n", ns, "addr", "add", fmt.Sprintf("10.77.0.%d/24", i+1), "dev", "eth0")
		ip(t, "-n", ns, "link", "set", "lo", "up")
		ip(t, "-n", ns, "link", "set", "eth0", "up")
	}
	return l
}

// addNamespace adds a namespace for as long as the test runs. What is in it goes
// with it.
func addNamespace(t *testing.T, name string) (output []byte, err error) {
	if output, err = exec.CommandContext(t.Context(), "ip", "netns", "add", name).CombinedOutput(); err != nil {
		return output, err
	}
	t.Cleanup(func() {
		if out, err := exec.Command("ip", "netns", "delete", name).CombinedOutput(); err != nil {
			t.Errorf("delete namespace %s: %v\n%s", name, err, out)
		}
	})
	return nil, nil
}

func ip(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %q: %v\n%s", args, err, out)
	}
}

// host is a gateway that runs in a namespace.
type host struct {
	program, namespace string
	http               string
	log                bytes.Buffer
}

// startHost runs a gateway until the test ends, and returns once it is ready.
func startHost(t *testing.T, program, namespace, home string) *host {
	t.Helper()
	h := &host{program: program, namespace: namespace}
	cmd := exec.Command("ip", "netns", "exec", namespace, program, "run", home, "--json")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = &h.log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // it may have ended by itself, which Wait tells
		if err := cmd.Wait(); err != nil {
			t.Errorf("gateway in %s: %v\n%s", namespace, err, h.log.String())
		}
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatalf("%s is not ready: %v\n%s", home, err, h.log.String())
	}
	var ready struct{ HTTP string }
	if err := json.Unmarshal(line, &ready); err != nil {
		t.Fatal(err)
	}
	h.http = ready.HTTP
	return h
}

// floormesh runs a command beside the gateway, of whose loopback it is.
func (h *host) floormesh(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ip", append([]string{"netns", "exec", h.namespace, h.program}, args...)...)
	cmd.Env = append(os.Environ(), "FLOORMESH_API="+h.http)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("floormesh %q: %v", args, err)
	}
	return out
}

func (h *host) status(t *testing.T) (st client.Status) {
	t.Helper()
	if err := json.Unmarshal(h.floormesh(t, "status", "--json"), &st); err != nil {
		t.Fatal(err)
	}
	return st
}
