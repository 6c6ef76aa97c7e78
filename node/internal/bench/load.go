package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
)

// load is the records of a run, signed, one behind the other.
type load struct {
	size  int // of each
	raw   []byte
	ids   []dag.RecordID
	index map[eventKey]int32
}

// eventKey is what tells a record's id from others: twelve letters, 60 of its bits.
type eventKey uint64

const (
	idPrefixLetters = len("bafkrei") // every record's id begins so
	keyLetters      = 12
)

// keyOf packs letters of an id's text, of base32's five bits each.
func keyOf[T string | []byte](id T) (key eventKey) {
	for i := range keyLetters {
		c := id[idPrefixLetters+i]
		if c >= 'a' {
			c -= 'a'
		} else {
			c -= '2' - 26
		}
		key = key<<5 | eventKey(c&31)
	}
	return key
}

// records returns the records from one to before another, as the body of a request.
func (l *load) records(from, to int) []byte { return l.raw[from*l.size : to*l.size] }

func (l *load) count() int { return len(l.ids) }

// presign makes count records of size bytes from a number of devices.
func presign(ctx context.Context, mesh dag.MeshID, devices, size, count int) (*load, error) {
	l := &load{size: size, raw: make([]byte, count*size), ids: make([]dag.RecordID, count)}
	keys := make([]dag.PrivateKey, devices)
	for i := range keys {
		var seed [32]byte
		copy(seed[:], "floormesh bench device "+strconv.Itoa(i))
		keys[i] = dag.NewPrivateKey(seed)
	}
	began := time.Now()
	var group errgroup.Group
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		group.Go(func() error {
			for i := w; i < count; i += workers {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if err := l.sign(i, mesh, keys[i%devices], began); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	l.index = make(map[eventKey]int32, count)
	for i, id := range l.ids {
		l.index[keyOf(id.String())] = int32(i) //nolint:gosec // at most maxMemoryRecords
	}
	if len(l.index) != count {
		return nil, errors.New("two records have nearly the same id; run it again")
	}
	return l, nil
}

// sign makes record i: one reading whose time tells it from all others.
func (l *load) sign(i int, mesh dag.MeshID, key dag.PrivateKey, began time.Time) error {
	r, err := signSized(mesh, key, i, l.size, began)
	if err != nil {
		return err
	}
	copy(l.raw[i*l.size:], r.Raw())
	l.ids[i] = r.ID()
	return nil
}

// signSized pads the measurement's name, and if that does not come out even its unit,
// until the message has size bytes.
func signSized(mesh dag.MeshID, key dag.PrivateKey, i, size int, began time.Time) (*dag.Record, error) {
	const envelope = 114 // of a COSE message around a payload of 24 to 255 bytes
	pad := max(0, size-envelope-50)
	for _, unit := range [...]string{"Cel", "degF", "W/m2K"} {
		for range 4 {
			payload, err := encodeReading(i, pad, unit, began)
			if err != nil {
				return nil, err
			}
			r, err := dag.SignRecord(mesh, key, dag.FormatSenMLCBOR, payload)
			if err != nil {
				return nil, err
			}
			missing := size - len(r.Raw())
			if missing == 0 {
				return r, nil
			}
			if pad+missing < 0 || pad+missing > senml.MaxNameBytes-20 {
				return nil, fmt.Errorf("a record of one reading cannot have %d bytes; choose 170 to 365", size)
			}
			pad += missing
		}
	}
	return nil, fmt.Errorf("a record of one reading cannot have exactly %d bytes; choose a byte more or less", size)
}

func encodeReading(i, pad int, unit string, began time.Time) ([]byte, error) {
	name := "b" + strconv.Itoa(i) + "/" + "t" + strings.Repeat("-", pad)
	value := 20 + float64(i%1000)/100
	at := float64(began.UnixMicro()+int64(i)) / 1e6
	return senml.Pack{{Name: name, Unit: &unit, Value: &value, Time: &at}}.EncodeCBOR()
}
