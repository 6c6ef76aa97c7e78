// Package planted holds the protocol's known mistakes, each behind a build tag,
// so that the simulator can be shown to find them.
//
// Without tags every constant is false, and the compiler leaves no trace of the
// mistakes. With a tag, such as
//
//	go run -tags planted_no_resend ./sim/cmd/floorsim check
//
// one mistake is made and the checkers must complain. Each was made for real
// once, in a prototype of this protocol; where a mistake shows, the constant's
// use says what goes wrong.
package planted
