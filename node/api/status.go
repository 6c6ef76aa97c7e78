package api

import (
	"cmp"
	"net/http"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/node"
)

// statusJSON is how a gateway does, as scripts see it.
type statusJSON struct {
	Mesh          string          `json:"mesh"`
	Site          string          `json:"site"`
	Name          string          `json:"name"`
	MeshID        dag.MeshID      `json:"mesh_id"`
	Key           string          `json:"key"`
	Accepted      uint64          `json:"accepted"`
	Stored        uint64          `json:"stored"`
	Replicated    uint64          `json:"replicated"`
	Final         uint64          `json:"final"`
	LogSize       uint64          `json:"log_size"`
	CertifiedSize uint64          `json:"certified_size"`
	Commit        dag.CommitIndex `json:"commit"`
	Round         dag.Round       `json:"round"`
	Peers         []peerJSON      `json:"peers"`
	Alarms        []string        `json:"alarms"`
	Healthy       bool            `json:"healthy"`
	Problem       string          `json:"problem"`
}

type peerJSON struct {
	Name      string    `json:"name"`
	Key       string    `json:"key"`
	Connected bool      `json:"connected"`
	Round     dag.Round `json:"round"`
}

func newStatusJSON(s *node.Status) statusJSON {
	out := statusJSON{
		Mesh: s.Mesh, Site: s.Site, Name: s.Name, MeshID: s.MeshID, Key: s.Key.String(),
		Accepted: s.Accepted, Stored: s.Stored, Replicated: s.Replicated, Final: s.Final,
		LogSize: s.LogSize, CertifiedSize: s.CertifiedSize, Commit: s.Commit, Round: s.Round,
		Peers: make([]peerJSON, 0, len(s.Peers)), Alarms: append([]string{}, s.Alarms...),
		Healthy: s.Healthy, Problem: s.Problem,
	}
	for _, p := range s.Peers {
		out.Peers = append(out.Peers, peerJSON{Name: p.Name, Key: p.Key.String(), Connected: p.Connected, Round: p.Round})
	}
	return out
}

// status answers GET /v1/status.
func (a *api) status(w http.ResponseWriter, r *http.Request) *problem {
	if _, p := parameters(r); p != nil {
		return p
	}
	s := a.gateway.Status()
	w.Header().Set("Cache-Control", "no-store")
	return respond(w, newStatusJSON(&s))
}

// health answers GET /healthz: 200 while the gateway does its work. Probes add
// parameters of their own, so they are not checked.
func (a *api) health(w http.ResponseWriter, _ *http.Request) *problem {
	s := a.gateway.Status()
	if !s.Healthy {
		p := newProblem(unhealthy, echo(cmp.Or(s.Problem, "this gateway does not do its work; see /v1/status")))
		p.retry = retryLater
		return p
	}
	w.Header().Set("Cache-Control", "no-store")
	return respond(w, struct {
		Healthy bool `json:"healthy"`
	}{true})
}
