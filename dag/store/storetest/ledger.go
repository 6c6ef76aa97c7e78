package storetest

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/merkle"
	"github.com/floormesh/floormesh/dag/senml"
	"github.com/floormesh/floormesh/dag/store"
)

// Ledger builds the contents of a ledger: everything is signed and executed as
// a real one is. It is for one goroutine.
type Ledger struct {
	tb      testing.TB
	Genesis dag.Genesis
	Mesh    dag.MeshID
	Nodes   []dag.PrivateKey // sign batches, and attest records
	Members []dag.PrivateKey // sign blocks and checkpoints
	Devices []dag.PrivateKey // sign records

	Fates map[dag.RecordID]store.Fate // of records that are not to be accepted

	tips     map[dag.LaneID]*dag.Batch
	cut      map[dag.LaneID]dag.Seq
	leaves   map[dag.Digest]dag.LeafIndex // of statements
	log      merkle.Frontier
	last     *dag.Commit
	round    dag.Round
	readings int
}

// NewLedger founds a ledger of some gateways with some devices.
func NewLedger(tb testing.TB, gateways, devices int) *Ledger {
	tb.Helper()
	l := &Ledger{
		tb:      tb,
		Genesis: dag.DefaultGenesis(),
		Fates:   make(map[dag.RecordID]store.Fate),
		tips:    make(map[dag.LaneID]*dag.Batch),
		cut:     make(map[dag.LaneID]dag.Seq),
		leaves:  make(map[dag.Digest]dag.LeafIndex),
	}
	l.Genesis.Mesh, l.Genesis.Site = "plant", "hall-1"
	for i := range gateways {
		l.Nodes = append(l.Nodes, key('n', i))
		l.Members = append(l.Members, key('m', i))
		l.Genesis.Gateways = append(l.Genesis.Gateways, dag.Gateway{
			Name: "gw" + string(rune('a'+i)), Node: l.Nodes[i].Public(), Member: l.Members[i].Public(),
		})
	}
	for i := range devices {
		l.Devices = append(l.Devices, key('d', i))
	}
	l.Mesh = l.Genesis.ID()
	return l
}

func key(kind byte, i int) dag.PrivateKey {
	seed := [32]byte{kind}
	binary.BigEndian.PutUint32(seed[1:], uint32(i))
	return dag.NewPrivateKey(seed)
}

// Lane returns the id of a gateway's lane.
func (l *Ledger) Lane(gateway int, number dag.LaneNumber) dag.LaneID {
	return dag.LaneID{Key: l.Nodes[gateway].Public(), Number: number}
}

// Reading returns a new record, some 200 bytes long, signed by the next device in turn.
func (l *Ledger) Reading() *dag.Record {
	l.tb.Helper()
	return l.sign(l.Devices[l.readings%len(l.Devices)], "urn:dev:ow:10e2073a01080063:")
}

// Attested returns a new record of a named device, signed by a gateway.
func (l *Ledger) Attested(gateway int, device string) *dag.Record {
	l.tb.Helper()
	return l.sign(l.Nodes[gateway], device)
}

// StartMillis is the time of the first reading; each next one is a second later.
const StartMillis dag.UnixMilli = 1_700_000_000_000

func (l *Ledger) sign(by dag.PrivateKey, device string) *dag.Record {
	l.tb.Helper()
	i := l.readings
	l.readings++
	at := StartMillis + dag.UnixMilli(i)*1000
	pack := senml.Reading(device, "temperature", "Cel", 20+float64(i)*0.37, at)
	payload, err := pack.EncodeCBOR()
	l.check(err)
	r, err := dag.SignRecord(l.Mesh, by, dag.FormatSenMLCBOR, payload)
	l.check(err)
	return r
}

func (l *Ledger) check(err error) {
	l.tb.Helper()
	if err != nil {
		l.tb.Fatal(err)
	}
}

// Batch returns a lane's next batch, with so many new readings.
func (l *Ledger) Batch(gateway int, number dag.LaneNumber, records int) *dag.Batch {
	l.tb.Helper()
	items := make([]*dag.Record, records)
	for i := range items {
		items[i] = l.Reading()
	}
	return l.BatchOf(gateway, number, items...)
}

// BatchOf returns a lane's next batch, with these records.
func (l *Ledger) BatchOf(gateway int, number dag.LaneNumber, items ...*dag.Record) *dag.Batch {
	l.tb.Helper()
	lane := l.Lane(gateway, number)
	b := l.batch(gateway, lane, l.tips[lane], items)
	l.tips[lane] = b
	return b
}

// Fork returns another batch with the lane, seq and prev of b. The lane goes on from b.
func (l *Ledger) Fork(gateway int, b *dag.Batch) *dag.Batch {
	l.tb.Helper()
	h := b.BatchHeader
	h.ClaimedAt++
	f, err := dag.SignBatch(h, []*dag.Record{l.Reading()}, l.Nodes[gateway])
	l.check(err)
	return f
}

func (l *Ledger) batch(gateway int, lane dag.LaneID, prev *dag.Batch, items []*dag.Record) *dag.Batch {
	l.tb.Helper()
	h := dag.BatchHeader{
		Ledger: l.Genesis.Ledger(), Lane: lane, Seq: 1,
		ClaimedAt: StartMillis + dag.UnixMilli(l.readings)*1000,
	}
	if prev != nil {
		h.Seq, h.Prev = prev.Seq+1, prev.ID()
	}
	b, err := dag.SignBatch(h, items, l.Nodes[gateway])
	l.check(err)
	return b
}

// Block returns a member's block of a round. Its parents need not exist.
func (l *Ledger) Block(author dag.Author, round dag.Round) *dag.Block {
	return dag.SignBlock(l.Genesis.Ledger(), dag.BlockBody{
		Epoch: l.Genesis.Epoch(), Round: round, Author: author,
		ClaimedAt: StartMillis + dag.UnixMilli(round),
	}, l.Members[author])
}

// Commit executes a commit of these batches, which must follow the cut of their
// lanes. Without any it has a leaf of its own only if it is a checkpoint.
func (l *Ledger) Commit(isCheckpoint bool, batches ...*dag.Batch) *store.Executed {
	l.tb.Helper()
	batches = slices.Clone(batches)
	slices.SortStableFunc(batches, func(a, b *dag.Batch) int { return a.Lane.Compare(b.Lane) })
	l.round += 3
	c := &dag.Commit{
		Epoch: l.Genesis.Epoch(), Index: 1,
		Leader:  dag.BlockRef{Round: l.round, ID: dag.BlockID{byte(l.round), 1}},
		Time:    StartMillis + dag.UnixMilli(l.round),
		Present: []byte{0x0f},
	}
	if l.last != nil {
		c.Index, c.Prev = l.last.Index+1, l.last.ID()
	}
	for _, b := range batches {
		c.Cut = l.extend(c.Cut, b)
	}
	l.last = c.Seal()
	return l.execute(c, batches, isCheckpoint || len(batches) > 0)
}

func (l *Ledger) extend(cut []dag.CutChange, b *dag.Batch) []dag.CutChange {
	l.tb.Helper()
	if b.Seq != l.cut[b.Lane]+1 {
		l.tb.Fatalf("batch %d of lane %s after %d", b.Seq, b.Lane, l.cut[b.Lane])
	}
	l.cut[b.Lane] = b.Seq
	if n := len(cut); n == 0 || cut[n-1].Lane != b.Lane {
		cut = append(cut, dag.CutChange{Lane: b.Lane})
	}
	change := &cut[len(cut)-1]
	change.Seq, change.Batches = b.Seq, append(change.Batches, b.ID())
	return cut
}

func (l *Ledger) execute(c *dag.Commit, batches []*dag.Batch, hasLeaf bool) *store.Executed {
	e := &store.Executed{Commit: c, HasLeaf: hasLeaf, Outcome: &dag.Outcome{
		Commit: c.ID(), FirstLeaf: dag.LeafIndex(l.log.Size()), StateDigest: dag.Digest{1, byte(c.Index)},
	}}
	for _, b := range batches {
		for i, r := range b.Items {
			x := store.Executable{
				Lane: b.Lane, Seq: b.Seq, Item: uint16(i),
				Fate: l.Fates[r.ID()], Statement: r.Statement(), Record: r.ID(),
			}
			l.judge(&x)
			if x.Fate == store.Accepted {
				e.Outcome.Records++
			}
			e.Records = append(e.Records, x)
		}
	}
	if hasLeaf {
		l.log.Append(merkle.LeafHash(e.Outcome.Encode()), nil)
	}
	e.Root, e.Size = l.log.Root(), l.log.Size()
	return e
}

// judge gives an accepted record its leaf, and a duplicate the first one's.
func (l *Ledger) judge(x *store.Executable) {
	if x.Fate != store.Accepted {
		return
	}
	first, ok := l.leaves[x.Statement]
	if ok {
		x.Fate, x.Leaf = store.Duplicate, first
		return
	}
	x.Leaf = dag.LeafIndex(l.log.Size())
	l.leaves[x.Statement] = x.Leaf
	leaf := merkle.RecordLeaf(x.Statement, x.Record)
	l.log.Append(merkle.LeafHash(leaf[:]), nil)
}

// Certify returns the checkpoint of a commit, cosigned by all members.
func (l *Ledger) Certify(e *store.Executed) *checkpoint.Certified {
	l.tb.Helper()
	at := checkpoint.Checkpoint{
		Origin: checkpoint.Origin(l.Genesis.Ledger()), Size: e.Size, Root: e.Root,
		Epoch: e.Commit.Epoch, Commit: e.Commit.Index, CommitID: e.Commit.ID(),
		LeaderRound: e.Commit.Leader.Round, Time: e.Commit.Time,
	}
	cosigned := make([]*checkpoint.Cosignature, len(l.Members))
	for i, member := range l.Members {
		cosigned[i] = checkpoint.Sign(member, at, dag.Author(i), uint64(e.Commit.Time)/1000)
	}
	c, err := checkpoint.Certify(cosigned)
	l.check(err)
	return c
}
