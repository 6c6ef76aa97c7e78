// Package sync is the documentation root of how nodes get what they miss: see
// sync/message for what they say, sync/fetch for what they ask and sync/serve
// for what they answer. PROTOCOL.md beside this file is the specification.
//
// Importable packages lie below this one, because its name shadows the
// standard library's.
package sync
