// Package dagcbor reads and writes strict DAG-CBOR, the one encoding of
// everything Floormesh defines (https://ipld.io/specs/codecs/dag-cbor/spec/):
// definite lengths, shortest integers, 64-bit floats without NaN and infinities,
// text keys in length-first order, no tag but 42 around a CID. What is read is
// refused unless writing it again gives the same bytes.
//
// There are two layers.
//
// Decode and Encode handle any value, by fxamacker/cbor and go-cid: for data whose
// shape is not known beforehand. Check tells whether bytes are strict DAG-CBOR.
//
// Reader and the Append functions handle tuples of known shape: batches,
// blocks, commits, records. The Reader's error sticks, so a decoder is a straight
// list of reads with one check at the end:
//
//	r := dagcbor.NewReader(raw)
//	r.Tuple(2)
//	round := r.Uint(limit)
//	r.Exactly(id[:])
//	err := r.Done()
//
// # Design
//
// The second layer exists because the first costs too much where every record of
// every gateway passes. BenchmarkReader and BenchmarkGeneric decode the same tuple
// with a batch header's shape: 0.06 µs and no allocation against 10 µs and 52.
// BenchmarkStruct, fxamacker at its quickest, into a struct and without the
// comparison that strictness takes, needs 0.9 µs. It is also the simplest way to
// hold "accepts what it would write, nothing else", with a bound for each list at
// the place that reads it.
package dagcbor
