package bench

import (
	"context"
	"time"

	"github.com/floormesh/floormesh/consensus/quorum"
)

// disturb kills gateways at a third of the load. If too few are left to agree,
// it starts one again at two thirds.
func (r *run) disturb(ctx context.Context) error {
	if r.Kill == 0 {
		return nil
	}
	third := r.Duration / 3
	if !r.sleepUntil(ctx, r.began+third) {
		return nil
	}
	killed := r.watch.gateways[len(r.watch.gateways)-r.Kill:]
	for i, g := range killed {
		r.sender.targets[len(r.sender.targets)-r.Kill+i].alive.Store(false)
		g.reborn = true
		if err := g.gateway.Kill(); err != nil {
			return err
		}
	}
	r.killed = r.now()
	r.Say("Killed %d of %d gateways", r.Kill, r.Gateways)
	if r.Gateways-r.Kill >= quorum.Q(r.Gateways) || !r.sleepUntil(ctx, r.began+2*third) {
		return nil
	}
	if err := r.restart(ctx, killed[0]); err != nil {
		return err
	}
	r.sender.targets[len(r.sender.targets)-r.Kill].alive.Store(true)
	return nil
}

// restart starts a gateway and notes what has to become final from then on.
func (r *run) restart(ctx context.Context, g *watched) error {
	r.Say("Starting %s again", g.gateway.Name)
	from := r.now()
	if err := g.gateway.Start(ctx); err != nil {
		return err
	}
	r.returned, r.backlog = r.now(), int(r.sender.total.Load())
	r.result.RestartMs = milliseconds(r.returned - from)
	return nil
}

func (r *run) sleepUntil(ctx context.Context, at time.Duration) bool {
	t := time.NewTimer(at - r.now())
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
