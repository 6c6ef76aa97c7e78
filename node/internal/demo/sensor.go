package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
	"github.com/floormesh/floormesh/node/internal/fleet"
)

// sensor publishes one reading after the other, each until it is acknowledged.
type sensor struct {
	name, measurement, unit string

	key  *dag.PrivateKey // nil for one that cannot sign
	mesh dag.MeshID
	home int // the gateway it prefers
	all  []*fleet.Gateway
	book *book

	at   int // the gateway it is connected to, or tries next
	conn *connection
}

// newSensors returns a few sensors for each gateway. The last one cannot sign.
func newSensors(f *fleet.Fleet, b *book) []*sensor {
	kinds := []struct{ name, measurement, unit string }{
		{"press", "oil", "Cel"}, {"oven", "temperature", "Cel"}, {"pump", "pressure", "bar"},
	}
	var all []*sensor
	for i := range f.Gateways {
		for k := range sensorsPerGateway {
			kind := kinds[k%len(kinds)]
			s := &sensor{
				name: kind.name + "-" + strconv.Itoa(i+1), measurement: kind.measurement, unit: kind.unit,
				mesh: f.Mesh, home: i, at: i, all: f.Gateways, book: b,
			}
			if i < len(f.Gateways)-1 || k < sensorsPerGateway-1 {
				key := newKey()
				s.key = &key
			}
			all = append(all, s)
		}
	}
	return all
}

func newKey() dag.PrivateKey {
	var seed [32]byte
	_, _ = rand.Read(seed[:]) // never fails: the process dies first
	return dag.NewPrivateKey(seed)
}

// run publishes until ctx is done, and the reading at hand to its end even then:
// so every reading of the story is either acknowledged or not begun.
func (s *sensor) run(ctx, last context.Context) error {
	tick := time.NewTicker(publishEvery)
	defer tick.Stop()
	defer func() { s.leave(s.at) }()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if i%tryHomeEvery == tryHomeEvery-1 && s.at != s.home {
			s.leave(s.home)
		}
		if err := s.read(last, i); err != nil {
			return err
		}
	}
}

// read takes a reading and publishes it.
func (s *sensor) read(ctx context.Context, i int) error {
	value := math.Round(1000+100*math.Sin(float64(i)/20)+float64(10*s.home)) / 20
	now := time.Now()
	if s.key == nil {
		topic := "readings/" + s.name + "/" + s.measurement
		at, ok := s.deliver(ctx, topic, strconv.AppendFloat(nil, value, 'f', -1, 64))
		if ok {
			s.book.attested(at)
		}
		return nil
	}
	payload, err := senml.Reading(s.name, s.measurement, s.unit, value, dag.UnixMilli(now.UnixMilli())).EncodeCBOR()
	if err != nil {
		return fmt.Errorf("encode reading of %s: %w", s.name, err)
	}
	record, err := dag.SignRecord(s.mesh, *s.key, dag.FormatSenMLCBOR, payload)
	if err != nil {
		return fmt.Errorf("sign reading of %s: %w", s.name, err)
	}
	s.book.published(record.ID(), now)
	if at, ok := s.deliver(ctx, "floormesh/cose", record.Raw()); ok {
		s.book.acknowledged(record.ID(), at)
	}
	return nil
}

// deliver publishes until some gateway has acknowledged, and returns which.
func (s *sensor) deliver(ctx context.Context, topic string, payload []byte) (gateway int, ok bool) {
	for ctx.Err() == nil {
		if s.try(topic, payload) {
			return s.at, true
		}
		s.leave((s.at + 1) % len(s.all))
		if s.at == s.home { // all of them: give them a moment
			select {
			case <-ctx.Done():
			case <-time.After(publishEvery):
			}
		}
	}
	return 0, false
}

// leave disconnects; another gateway is next.
func (s *sensor) leave(next int) {
	if s.conn != nil {
		s.conn.close()
		s.conn = nil
	}
	s.at = next
}

func (s *sensor) try(topic string, payload []byte) bool {
	if s.conn == nil {
		addr := s.all[s.at].Ready().MQTT
		c, err := connect(addr, s.name)
		if err != nil {
			return false
		}
		s.conn = c
	}
	return s.conn.publish(topic, payload) == nil
}
