package sim

import (
	"encoding/binary"
	"fmt"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
)

// reading returns a pack of about a size: not less than its names take.
func reading(device string, number uint64, seconds int64, size int) ([]byte, error) {
	pack := func(bytes int) ([]byte, error) {
		value := make([]byte, bytes)
		binary.BigEndian.PutUint64(value, number)
		return senml.Pack{{
			BaseName: new(device + "/"), BaseTime: new(float64(seconds)), Name: "reading", DataValue: value,
		}}.EncodeCBOR()
	}
	least, err := pack(numberBytes)
	if err != nil || len(least) >= size {
		return least, err
	}
	// A longer value may need up to four bytes more to say how long it is.
	text, err := pack(numberBytes + size - len(least))
	if err != nil || len(text) == size {
		return text, err
	}
	return pack(max(numberBytes, numberBytes+size-len(least)-(len(text)-size)))
}

// numberBytes is what a record's number takes.
const numberBytes = 8

// hold makes an item of what a device hands over that cannot sign: SenML, which
// names it. The gateway signs that whenever it comes, which takes its time, and to
// the same bytes; another gateway's record of it is another record. That is how real
// gateways attest.
func (l *load) hold(w *World, src *source, size int) (*item, error) {
	now := w.nodes[src.home].clock.wall(w.now) // the device has no clock
	text, err := reading(src.name, uint64(l.made), int64(now/1000), size)
	if err != nil {
		return nil, fmt.Errorf("a reading of %s: %w", src.name, err)
	}
	return l.held(src, src.home, text), nil
}

func (l *load) held(src *source, home int, text []byte) *item {
	l.made++
	l.open++
	return &item{number: l.made - 1, source: src, home: home, unsigned: text}
}

// copied returns a visit of the same readings at another gateway.
func (l *load) copied(src *source, v visit, home int) visit {
	if !src.load.Attested || home == src.home {
		return v
	}
	other := visit{}
	for _, it := range v.items {
		other.items = append(other.items, l.held(src, home, it.unsigned))
	}
	return other
}

// attest has a node sign an item.
func (l *load) attest(n *node, it *item) (err error) {
	it.record, err = dag.SignRecord(l.mesh, n.nodeKey, dag.FormatSenMLCBOR, it.unsigned)
	if err != nil {
		return fmt.Errorf("attest record %d: %w", it.number, err)
	}
	return nil
}

// size returns how many bytes a device hands over.
func (it *item) size() int {
	if it.unsigned != nil {
		return len(it.unsigned)
	}
	return len(it.record.Raw())
}
