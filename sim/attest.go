package sim

import (
	"encoding/binary"
	"fmt"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
)

// unsigned is what devices hand over that cannot sign: SenML, which names its device.
// The gateway signs it whenever it comes, which takes its time, and to the same
// bytes; another gateway's record of it is another record. That is how real
// gateways attest.
type unsigned map[int][]byte // by number of the record, until it is acknowledged

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

// hold keeps a reading that its gateway will sign, and returns its number.
func (l *load) hold(w *World, src *source, size int) (int, error) {
	number := len(l.records)
	seconds := int64(src.clock(w) / 1000)
	text, err := reading(src.name, uint64(number), seconds, size)
	if err != nil {
		return 0, fmt.Errorf("a reading of %s: %w", src.name, err)
	}
	l.unsigned[number] = text
	l.keep(src, nil, src.home)
	return number, nil
}

// clock is the time that a reading bears: that of the gateway, as its device has none.
func (src *source) clock(w *World) dag.UnixMilli { return w.nodes[src.home].clock.wall(w.now) }

// copied returns a visit of the same readings at another gateway.
func (l *load) copied(src *source, v visit, home int) visit {
	if !src.load.Attested || home == src.home {
		return v
	}
	other := visit{}
	for _, n := range v.records {
		number := len(l.records)
		l.unsigned[number] = l.unsigned[n]
		l.keep(src, nil, home)
		other.records = append(other.records, number)
	}
	return other
}

// at returns record number i as a node gets it: signed by its device or, if that
// cannot sign, by the node.
func (l *load) at(n *node, i int) (*dag.Record, error) {
	text, attests := l.unsigned[i]
	if !attests {
		return l.record(i)
	}
	r, err := dag.SignRecord(l.mesh, n.nodeKey, dag.FormatSenMLCBOR, text)
	if err != nil {
		return nil, fmt.Errorf("attest record %d: %w", i, err)
	}
	l.records[i] = r
	return r, nil
}

// size returns how many bytes a device hands over of a record.
func (l *load) size(i int) int {
	if text, attests := l.unsigned[i]; attests {
		return len(text)
	}
	return len(l.records[i].Raw())
}
