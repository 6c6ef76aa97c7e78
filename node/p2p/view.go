package p2p

import "fmt"

// view is a set of gateways: bit i%8 of byte i/8 stands for gateway i of the
// genesis. On the wire it says whom its sender is directly connected to; it is
// sent when that changes, and when nothing else was for a while, as a sign of life.
type view []byte

func newView(gateways int) view { return make(view, (gateways+7)/8) }

func (v view) add(i int) { v[i/8] |= 1 << (i % 8) }

func (v view) has(i int) bool { return i/8 < len(v) && v[i/8]&(1<<(i%8)) != 0 }

func decodeView(content []byte, gateways int) (view, error) {
	if want := (gateways + 7) / 8; len(content) != want {
		return nil, fmt.Errorf("%w: view of %d bytes, want %d", errProtocol, len(content), want)
	}
	return view(content), nil
}

// view returns whom this node is connected to.
func (t *Transport) view() view {
	v := newView(len(t.genesis.Gateways))
	for _, r := range t.remotes {
		if r.standing() != nil {
			v.add(r.index)
		}
	}
	return v
}

// reachesFurther reports whether some gateway that is not directly connected
// here is connected to a neighbour: whether gossip would reach anybody new.
func (t *Transport) reachesFurther() bool {
	for _, far := range t.remotes {
		if far.standing() != nil {
			continue
		}
		for _, near := range t.remotes {
			if near.standing() != nil && near.sees(far.index) {
				return true
			}
		}
	}
	return false
}

// announce makes every link say the view of now.
func (t *Transport) announce() {
	for _, r := range t.remotes {
		if l := r.standing(); l != nil {
			l.consensus.announceView()
		}
	}
}
