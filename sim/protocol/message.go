package protocol

import (
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// Message is what nodes of a protocol say to each other beyond sync/message. Its
// signatures are those that Checks names: a message reaches a machine once they
// hold, and their number is what its receiver's processor pays for.
type Message interface {
	message.Message

	// Bytes returns how long the message is as it travels.
	Bytes() int
	// Sort says what results count it as.
	Sort() Sort
	// Digest names the message in a run's fingerprint.
	Digest() uint64
	// String returns the message for people.
	String() string
}

// Foreign makes a message.Message, which is closed, of the struct that embeds
// it. That struct must have a Checks of its own: nobody ever sets the embedded one.
//
// message.Message is closed so that a real node handles every kind there is. A
// protocol of the simulator has kinds that no real node will ever see.
type Foreign struct{ message.Message }

// Sort is a sort of messages, as results tell them apart.
type Sort uint8

// Sorts.
const (
	Block   Sort = iota // what is to be ordered
	Vote                // for what was proposed
	Status              // how far its sender is
	Request             // for what is missing
)

// Vertex is implemented by messages of what results count rounds and draw pictures of.
type Vertex interface {
	// Vertex returns the message's block, and the blocks that it refers to.
	Vertex() (ref dag.BlockRef, parents []dag.BlockID)
}

// Promise is implemented by messages by which a member binds itself. No honest
// member binds itself to two things in one place, a crash being no excuse: sim/check sees to it.
type Promise interface {
	// Promise returns who binds itself, in what place, and to what.
	Promise() (by dag.Author, place Place, to dag.Digest)
}

// Place is where a member may bind itself once.
type Place struct {
	Kind  Sort
	Round dag.Round
}
