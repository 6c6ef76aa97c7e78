package dag

// Bounds on everything a peer controls. Each is checked before anything is
// allocated or indexed by the value it bounds.
const (
	// MaxCommittee is the most members of a committee. Headers grow with the
	// square of it and the presence bits with it: 128 members' blocks cost
	// 128 × 128 references a round, which one site's network still carries.
	MaxCommittee = 128

	// MaxGateways bounds the gateways that found a mesh. Each may have LaneClasses
	// open lanes, all of which every gateway keeps in memory.
	MaxGateways = 16_384

	// MaxCounter bounds rounds, sequence numbers, commit and leaf indexes: the
	// integers that JSON readers hold exactly (RFC 8259 section 6). Adding a
	// small number to a counter can therefore never overflow.
	MaxCounter = 1<<53 - 1

	// MaxUnixMilli is the latest time that can be claimed, for the same reason.
	MaxUnixMilli UnixMilli = 1<<53 - 1

	// MaxRecordBytes bounds an encoded record. A reading has some 200 bytes; a
	// waveform or a small document fits; files belong elsewhere.
	MaxRecordBytes = 64 << 10

	// MaxPayloadBytes bounds what a record says, so that its envelope fits
	// MaxRecordBytes whatever its content format.
	MaxPayloadBytes = MaxRecordBytes - 128

	// MaxBatchRecords bounds a batch's records: some 50 ms of signature checks.
	MaxBatchRecords = 4096

	// MaxBatchBytes bounds an encoded batch. Gossip carries messages of up to
	// 1 MiB; half of that leaves room for framing and keeps a lost one cheap.
	MaxBatchBytes = 512 << 10

	// MaxAckBatches bounds the batches one block lists of one lane, so that one
	// busy lane cannot fill a block.
	MaxAckBatches = 64

	// MaxBlockBatches bounds the batches one block lists over all lanes.
	MaxBlockBatches = 1024

	// MaxAckLanes bounds the lanes one block lists. If more have batches that wait,
	// those whose turn is last wait for a later block.
	MaxAckLanes = 512

	// MaxBlockBytes bounds an encoded block: full lists of parents (6 KiB), lanes
	// (24 KiB) and digests (34 KiB), twice over.
	MaxBlockBytes = 128 << 10

	// MaxCutLanes bounds the lanes one commit moves. A lane moves only when f+1
	// of n members list it, and n ≤ 3(f+1).
	MaxCutLanes = 3 * MaxAckLanes

	// MaxCutBatches bounds the batches one commit finalises, for the same reason.
	MaxCutBatches = 3 * MaxBlockBatches

	// MaxCommitBytes bounds an encoded commit: full lists of lanes (72 KiB) and
	// digests (102 KiB), with room to spare.
	MaxCommitBytes = 256 << 10

	// MaxOutcomeBytes bounds an encoded outcome, which has about 100 bytes.
	MaxOutcomeBytes = 256

	// MaxPresentBytes is the size of a full committee's bit set.
	MaxPresentBytes = (MaxCommittee + 7) / 8

	// MaxNameBytes bounds a mesh, site or gateway name: a DNS label (RFC 1035
	// section 2.3.4), since names appear in log origins and host names.
	MaxNameBytes = 63

	// MaxGenesisDevices bounds the devices named in genesis. More are enrolled
	// by administrative records.
	MaxGenesisDevices = 4096

	// MaxGenesisBytes bounds a genesis document: full lists of gateways (2.2 MiB)
	// and devices (136 KiB), with room to spare.
	MaxGenesisBytes = 3 << 20

	// MaxKindBytes bounds the kind of an administrative record; chosen arbitrarily.
	MaxKindBytes = 64

	// MaxSignedHeaderBytes bounds a batch header with its signature, which has
	// some 250 bytes.
	MaxSignedHeaderBytes = 512
)

// Bounds on a mesh's constants.
const (
	// MinWindowRounds leaves the four rounds that one decision looks at.
	MinWindowRounds = 4
	// MaxWindowRounds bounds the blocks that stay in memory: window × committee.
	MaxWindowRounds = 10_000
	// MaxDuplicateLeaves bounds the memory of the duplicate filter to some 512 MiB.
	MaxDuplicateLeaves = 1 << 24
	// MaxCheckpointMillis is one hour: proofs may not wait for longer.
	MaxCheckpointMillis = 3_600_000
	// MaxCheckpointRounds is chosen arbitrarily.
	MaxCheckpointRounds = 65_536
)

// Bounds of a Verifier.
const (
	// maxVerifyBatch is the most signatures checked in one equation. The gain
	// flattens out beyond 256 (12 µs each there, 13 at 128, 24 alone), and a
	// bad one among them costs a check of each.
	maxVerifyBatch = 256
	// minVerifyBatch is the least for which the equation is quicker than singles.
	minVerifyBatch = 3
	// maxCachedKeys bounds the expanded keys kept, 1.5 KiB each: 6 MiB.
	maxCachedKeys = 4096
)
