package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
	"github.com/floormesh/floormesh/node/internal/client"
	"github.com/floormesh/floormesh/node/internal/fleet"
)

// killFor returns how long gateways are killed: FLOORMESH_SOAK in make soak.
func killFor(t *testing.T) time.Duration {
	text := cmp.Or(os.Getenv("FLOORMESH_SOAK"), "10s")
	if testing.Short() {
		text = "4s"
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("FLOORMESH_SOAK: %v", err)
	}
	return d
}

// TestKill kills real gateway processes with kill -9 in a loop, under load: one,
// two, or all four at once, at any moment. Then all logs must be equal, with every
// acknowledged record final exactly once, and nobody may have signed anything twice.
func TestKill(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, err := fleet.New(fleet.Options{Dir: t.TempDir(), Gateways: 4, Executable: exe})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	acknowledged, kills := killUnderLoad(t, f, random)
	t.Logf("%d records acknowledged, %d gateways killed", len(acknowledged), kills)
	if len(acknowledged) == 0 {
		t.Fatal("nothing was acknowledged")
	}
	logs := finalLogs(t, f, acknowledged)
	compareLogs(t, f, logs, acknowledged)
	checkHonest(t, f)
	if err := f.Stop(); err != nil {
		t.Error(err)
	}
}

// killUnderLoad returns the records that were acknowledged and how many
// processes were killed. All gateways run when it returns.
func killUnderLoad(t *testing.T, f *fleet.Fleet, random *rand.Rand) (acknowledged []dag.RecordID, kills int) {
	ctx, stop := context.WithTimeout(t.Context(), killFor(t))
	defer stop()
	var (
		sending sync.WaitGroup
		acks    = make([][]dag.RecordID, len(f.Gateways))
	)
	for i, g := range f.Gateways {
		sending.Go(func() { acks[i] = sendUntil(ctx, t, f.Mesh, i, g) })
	}
	for pauseFor(ctx, random, 50, 500) {
		n := []int{1, 1, 1, 2, 2, 4}[random.IntN(6)]
		victims := random.Perm(len(f.Gateways))[:n]
		for _, v := range victims {
			if err := f.Gateways[v].Kill(); err != nil {
				t.Error(err)
			}
		}
		kills += n
		pauseFor(ctx, random, 0, 800)
		for _, v := range victims {
			if err := f.Gateways[v].Start(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	sending.Wait()
	return slices.Concat(acks...), kills
}

// pauseFor waits some milliseconds, from least to most; false once ctx is done.
func pauseFor(ctx context.Context, random *rand.Rand, least, most int) bool {
	timer := time.NewTimer(time.Duration(least+random.IntN(most-least)) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// sendUntil submits small groups of records to one gateway until ctx is done and
// returns those that it acknowledged. What it did not is not sent again.
func sendUntil(ctx context.Context, t *testing.T, mesh dag.MeshID, device int, g *fleet.Gateway) (acknowledged []dag.RecordID) {
	key := dag.NewPrivateKey([32]byte{byte(device + 1)})
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return acknowledged
		}
		c := client.New(g.Ready().HTTP) // a new connection, in case it was started again
		receipts, err := c.Submit(ctx, signSome(t, mesh, key, device, i))
		c.Close()
		if _, gone := errors.AsType[*client.UnreachableError](err); err != nil && !gone {
			t.Logf("%s: %v", g.Name, err)
		}
		for _, r := range receipts {
			if r.Err == nil {
				acknowledged = append(acknowledged, r.ID)
			}
		}
	}
}

func signSome(t *testing.T, mesh dag.MeshID, key dag.PrivateKey, device, group int) (records [][]byte) {
	for k := range 1 + group%5 {
		name := fmt.Sprintf("device-%d", device)
		payload, err := senml.Reading(name, "count", "", float64(8*group+k), dag.UnixMilli(time.Now().UnixMilli())).EncodeCBOR()
		if err != nil {
			t.Error(err)
			return nil
		}
		r, err := dag.SignRecord(mesh, key, dag.FormatSenMLCBOR, payload)
		if err != nil {
			t.Error(err)
			return nil
		}
		records = append(records, r.Raw())
	}
	return records
}

// finalLogs waits until every log has every acknowledged record and nothing more is
// to come, and reads the logs.
func finalLogs(t *testing.T, f *fleet.Fleet, acknowledged []dag.RecordID) [][]client.Event {
	var sizes []string
	await(t, "every log to hold every acknowledged record", func() bool {
		sizes = sizes[:0]
		done := true
		for _, g := range f.Gateways {
			st := statusOf(t, g)
			sizes = append(sizes, fmt.Sprintf("%s: final %d, stored %d, log %d, certified %d", g.Name, st.Final, st.Stored, st.LogSize, st.CertifiedSize))
			done = done && st.Final >= uint64(len(acknowledged)) && st.Stored == 0 && st.CertifiedSize == st.LogSize
		}
		return done && sameSize(t, f)
	}, func() any { return sizes })
	logs := make([][]client.Event, len(f.Gateways))
	for i, g := range f.Gateways {
		logs[i] = readLog(t, g)
	}
	return logs
}

func sameSize(t *testing.T, f *fleet.Fleet) bool {
	first := statusOf(t, f.Gateways[0]).LogSize
	return !slices.ContainsFunc(f.Gateways, func(g *fleet.Gateway) bool { return statusOf(t, g).LogSize != first })
}

func statusOf(t *testing.T, g *fleet.Gateway) *client.Status {
	c := client.New(g.Ready().HTTP)
	defer c.Close()
	st, err := c.Status(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", g.Name, err)
	}
	return st
}

// readLog returns all records of a log, in order.
func readLog(t *testing.T, g *fleet.Gateway) (events []client.Event) {
	c := client.New(g.Ready().HTTP)
	defer c.Close()
	want := statusOf(t, g).Final
	for e, err := range c.Events(t.Context(), 0, nil) {
		if err != nil {
			t.Fatalf("%s: %v", g.Name, err)
		}
		events = append(events, e)
		if uint64(len(events)) == want {
			break
		}
	}
	return events
}

func compareLogs(t *testing.T, f *fleet.Fleet, logs [][]client.Event, acknowledged []dag.RecordID) {
	for i := range logs {
		if !slices.Equal(logs[i], logs[0]) {
			t.Errorf("%s and %s have different logs", f.Gateways[0].Name, f.Gateways[i].Name)
		}
	}
	times := make(map[dag.RecordID]int)
	for _, e := range logs[0] {
		times[e.ID]++
	}
	for id, n := range times {
		if n != 1 {
			t.Errorf("record %s is final %d times", id, n)
		}
	}
	lost := 0
	for _, id := range acknowledged {
		if times[id] == 0 {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d acknowledged records are not final", lost, len(acknowledged))
	}
}

// checkHonest looks for what gateways hold against each other: whoever signs twice
// leaves evidence.
func checkHonest(t *testing.T, f *fleet.Fleet) {
	for _, g := range f.Gateways {
		if st := statusOf(t, g); len(st.Alarms) > 0 || !st.Healthy {
			t.Errorf("%s: alarms %q, problem %q", g.Name, st.Alarms, st.Problem)
		}
		c := client.New(g.Ready().HTTP)
		values, err := c.Metrics(t.Context())
		c.Close()
		if err != nil {
			t.Fatalf("%s: %v", g.Name, err)
		}
		if n := values["floormesh_blames_total"]; n != 0 {
			t.Errorf("%s blames others %v times", g.Name, n)
		}
	}
}
