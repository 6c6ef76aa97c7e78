package node

import (
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
)

// RecordStatus is how far a record has come, in the words people see.
type RecordStatus string

// Record statuses. The first three follow each other; the last two are final too.
const (
	StatusStored     RecordStatus = "stored"     // durable in one lane
	StatusReplicated RecordStatus = "replicated" // f+1 members hold it
	StatusFinal      RecordStatus = "final"      // in the log
	StatusDuplicate  RecordStatus = "duplicate"  // its signed bytes are in the log already, as another record
	StatusRefused    RecordStatus = "refused"    // its signer is not entitled, or its lane is frozen
)

// Receipt answers one submitted record. Exactly one of ID and Err is set.
type Receipt struct {
	ID    dag.RecordID
	Known bool  // the record, or one with the same signed bytes, was here already; ID is the first one's
	Err   error // ErrOverloaded, ErrNotEntitled, ErrStopped, context error, or what is wrong with the record
}

// RecordView is a record as shown to people and scripts.
type RecordView struct {
	ID         dag.RecordID
	Status     RecordStatus
	Device     string    // the signer's key in hex, or the SenML base name of an attested record
	AttestedBy string    // name of the gateway that signed for its device, "" if the device signed itself
	Time       time.Time // the reading's claimed time, or the batch's
	Format     dag.ContentFormat
	Content    senml.Pack     // resolved; nil if not SenML
	Raw        []byte         // the COSE message
	Leaf       *dag.LeafIndex // position in the log, nil before final
	Gateway    string         // name of the gateway that accepted it
}

// Query selects records, oldest first in the order this gateway stored them.
type Query struct {
	Device   string    // as in RecordView.Device; "" for all
	From, To time.Time // claimed time, half open; zero for no bound
	Limit    int       // 1 … 1000; 0 means 100
	Cursor   string    // from the page before; "" for the start
}

// Page is one page of records.
type Page struct {
	Records []RecordView
	Next    string // cursor of the next page, "" at the end
}

// Event is one leaf of the log as it became final.
type Event struct {
	Leaf   dag.LeafIndex
	Record dag.RecordID // zero for a commit's own leaf
	Commit dag.CommitIndex
	Device string
	Final  time.Time // commit time
}

// PeerStatus is a fellow gateway as seen from here.
type PeerStatus struct {
	Name      string
	Key       dag.PublicKey
	Connected bool
	Round     dag.Round // highest round accepted from it
}

// Status is how a gateway does.
type Status struct {
	Mesh, Site, Name string
	MeshID           dag.MeshID
	Key              dag.PublicKey
	Accepted         uint64 // records accepted by this gateway since its start
	Stored           uint64 // records stored here and not yet final, of all lanes
	Replicated       uint64 // of those, the records that are replicated
	Final            uint64 // records in the log
	LogSize          uint64
	Commit           dag.CommitIndex
	Round            dag.Round
	CertifiedSize    uint64
	Peers            []PeerStatus
	Alarms           []string
	Healthy          bool
	Problem          string // why not healthy, with what to do
}
