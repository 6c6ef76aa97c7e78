package api

import (
	"net/http"
)

// checkpoint answers GET /checkpoint (c2sp.org/tlog-tiles).
func (a *api) checkpoint(w http.ResponseWriter, r *http.Request) *problem {
	if _, p := parameters(r); p != nil {
		return p
	}
	note, err := a.gateway.Checkpoint()
	if err != nil {
		return a.lookupProblem("find its checkpoint", err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-cache") // it grows
	_, _ = w.Write(note)               // a client that is gone needs no answer
	return nil
}

// tile answers GET /tile/…: a tile, full or partial, never changes.
func (a *api) tile(w http.ResponseWriter, r *http.Request) *problem {
	if _, p := parameters(r); p != nil {
		return p
	}
	path := r.PathValue("path")
	if len(path) > maxTilePathBytes {
		return newProblem(notFound, "no tile has so long a path; see c2sp.org/tlog-tiles")
	}
	data, err := a.gateway.Tile(path)
	if err != nil {
		p := a.lookupProblem("read the tile", err)
		if p.kind == notFound {
			p.detail = "the log has no such tile; c2sp.org/tlog-tiles says how paths are made, and /checkpoint how large the log is"
		}
		return p
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(data) // a client that is gone needs no answer
	return nil
}
