package fleet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/node"
	"github.com/floormesh/floormesh/node/internal/client"
)

// Options of New.
type Options struct {
	Dir        string // made if it is not there; must hold no mesh
	Gateways   int
	Mesh, Site string // names; "demo" and "plant" if empty

	// Executable is the floormesh program, this process's own if empty.
	Executable string

	// Record is where each gateway records what happens to it, as gwK.rec: a
	// directory that is there. Empty: nowhere.
	Record string
}

// Fleet is a mesh of gateway processes.
type Fleet struct {
	Mesh     dag.MeshID
	Gateways []*Gateway
}

// New founds a mesh. Nothing runs yet.
func New(o Options) (*Fleet, error) {
	if o.Executable == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find floormesh: %w", err)
		}
		o.Executable = self
	}
	if o.Mesh == "" {
		o.Mesh = "demo"
	}
	if o.Site == "" {
		o.Site = "plant"
	}
	base, err := freeBase(o.Gateways)
	if err != nil {
		return nil, err
	}
	mesh, err := node.Init(o.Dir, node.InitOptions{Mesh: o.Mesh, Site: o.Site, Gateways: o.Gateways, BasePort: base})
	if err != nil {
		return nil, err
	}
	f := &Fleet{Mesh: mesh}
	for k := range o.Gateways {
		name := "gw" + strconv.Itoa(k+1)
		g := &Gateway{
			Name: name,
			dir:  filepath.Join(o.Dir, name),
			exe:  o.Executable,
		}
		if o.Record != "" {
			g.record = filepath.Join(o.Record, name+".rec")
		}
		f.Gateways = append(f.Gateways, g)
	}
	return f, nil
}

// Start starts all gateways at once and returns when each is ready.
func (f *Fleet) Start(ctx context.Context) error {
	var group errgroup.Group
	for _, g := range f.Gateways {
		group.Go(func() error { return g.Start(ctx) })
	}
	return group.Wait()
}

// AwaitConnected waits until every gateway is connected to every other.
func (f *Fleet) AwaitConnected(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		missing, err := f.disconnected(ctx)
		if missing == "" {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("%s not connected within %s", missing, startTimeout), err)
		}
	}
}

// disconnected names a gateway that another one is not connected to, or that does
// not answer; "" if there is none.
func (f *Fleet) disconnected(ctx context.Context) (string, error) {
	for _, g := range f.Gateways {
		c := client.New(g.Ready().HTTP)
		st, err := c.Status(ctx)
		c.Close()
		if err != nil {
			return g.Name, err
		}
		for _, p := range st.Peers {
			if !p.Connected {
				return p.Name, nil
			}
		}
	}
	return "", nil
}

// Stop asks all gateways to end and waits until they have.
func (f *Fleet) Stop() error {
	errs := make([]error, len(f.Gateways))
	var group errgroup.Group
	for i, g := range f.Gateways {
		group.Go(func() error {
			errs[i] = g.Stop()
			return nil
		})
	}
	_ = group.Wait() // the errors are in errs, all of them
	return errors.Join(errs...)
}

// Close ends whatever still runs, at once. What the gateways stored stays.
func (f *Fleet) Close() {
	for _, g := range f.Gateways {
		_ = g.Kill() // one that does not run needs no killing
	}
}

// Live returns the gateways that run and are not frozen.
func (f *Fleet) Live() []*Gateway {
	var live []*Gateway
	for _, g := range f.Gateways {
		if g.State() == Running {
			live = append(live, g)
		}
	}
	return live
}
