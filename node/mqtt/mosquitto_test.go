package mqtt

import (
	"bytes"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/node"
)

// mosquitto runs Debian's mosquitto_pub against b.
func mosquitto(t *testing.T, b *Broker, stdin []byte, args ...string) (output string, err error) {
	t.Helper()
	path, err := exec.LookPath("mosquitto_pub")
	if err != nil {
		t.Skip("mosquitto_pub is not installed: apt-get install mosquitto-clients")
	}
	host, port, err := net.SplitHostPort(b.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{"-h", host, "-p", port}, args...)...)
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestMosquitto(t *testing.T) {
	for _, version := range []string{"mqttv311", "mqttv5"} {
		for qos := range 3 {
			t.Run(fmt.Sprintf("%s, qos %d", version, qos), func(t *testing.T) {
				f := &fakeGateway{arrived: make(chan struct{}, 16)}
				b := listen(t, f, Options{})
				flags := []string{"-V", version, "-q", fmt.Sprint(qos)}
				pub := func(stdin []byte, args ...string) {
					t.Helper()
					if out, err := mosquitto(t, b, stdin, append(flags, args...)...); err != nil {
						t.Fatalf("mosquitto_pub %v: %v: %s", args, err, out)
					}
					<-f.arrived // with QoS 0 nothing else tells
				}
				pub(nil, "-t", "readings/press-7/oil", "-m", "61.5")
				pub(nil, "-t", "readings/press-7/all", "-r", "-m", `[{"n":"rpm","u":"1/min","v":900}]`)
				pub(signedReading(t), "-t", "floormesh/cose", "-s")
				if err := b.Close(); err != nil { // has waited for what was submitted
					t.Fatal(err)
				}
				names, values := f.stored(t)
				if !slices.Equal(names, []string{"press-7/oil", "press-7/rpm"}) || !slices.Equal(values, []float64{61.5, 900}) || len(f.signed) != 1 {
					t.Errorf("stored %v %v and %d signed", names, values, len(f.signed))
				}
			})
		}
	}
}

// TestMosquittoLines sends many readings over one connection, which mosquitto_pub
// has in flight together, equal values among them.
func TestMosquittoLines(t *testing.T) {
	f := &fakeGateway{}
	b := listen(t, f, Options{})
	if out, err := mosquitto(t, b, []byte(strings.Repeat("1\n2\n", 500)), "-q", "1", "-t", "readings/press-7/oil", "-l"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if names, _ := f.stored(t); len(names) != 1000 {
		t.Errorf("%d of 1000 stored", len(names))
	}
	seen := map[float64]bool{}
	for _, p := range f.packs {
		seen[*p[0].Time] = true
	}
	if len(seen) != 1000 {
		t.Errorf("1000 readings have %d times", len(seen))
	}
}

// TestMosquittoRefused: what people see when something is wrong.
func TestMosquittoRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		refuse error
		args   []string
		says   string
	}{
		{"topic", nil, []string{"-t", "sensors/x", "-m", "1"}, "readings/<device>/<measurement>"},
		{"payload", nil, []string{"-t", "readings/press-7/oil", "-m", "warm"}, "neither a number"},
		{"signer", node.ErrNotEntitled, []string{"-t", "readings/press-7/oil", "-m", "1"}, "enrol"},
		{"overload", node.ErrOverloaded, []string{"-t", "readings/press-7/oil", "-m", "1"}, "pause"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := listen(t, &fakeGateway{refuse: c.refuse}, Options{})
			out, err := mosquitto(t, b, nil, append([]string{"-V", "mqttv5", "-q", "1"}, c.args...)...)
			if err != nil || !strings.Contains(out, c.says) {
				t.Errorf("got %v, %q, want %q", err, out, c.says)
			}
			// MQTT 3.1.1 cannot say no; mosquitto_pub would try for ever, so it is not asked here.
		})
	}
}
