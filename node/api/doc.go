// Package api is a gateway's HTTP door: it turns requests into calls of a
// [node.Gateway] and what that says into JSON, event streams, tiles and problem
// documents.
//
//	handler := api.New(gateway, api.Options{Logger: log, Registry: registry})
//	err := api.Serve(ctx, listener, handler, log)
//
// and then
//
//	curl -H 'Content-Type: application/senml+json' \
//	     -d '[{"bn":"press-7/","n":"oil","u":"Cel","v":61.5}]' http://127.0.0.1:8080/v1/records
//
// What there is to call, with every parameter, status and field, stands in the
// OpenAPI document that the gateway serves at /v1/openapi.json; a test holds
// the two together. This page has what does not fit there.
//
// # Submitting
//
// POST /v1/records answers once the record is durable at this gateway: 202 for
// a new one, 200 with the first one's id for a record that was here already.
// What cannot be accepted is a problem document (RFC 9457) that says what to do.
// A sequence (application/cbor-seq, RFC 8742) holds any number of COSE messages
// and is answered by a JSON array with one element for each, in order: an
// object with id and status, or one with index and the members of a problem. It
// is 202 if anything in it is new, 200 if all that was accepted was known; when nothing
// was accepted it is the first element's problem, with the array as its member
// "items". Bytes that are no CBOR end a sequence: what stands before
// them is judged, and one more element says where reading stopped.
//
// Sending a signed record again is always safe. A SenML pack is signed here, its
// relative times made absolute first (a pack without times was measured now), so sending such a one
// again makes a second record.
//
// # Events
//
// GET /v1/events starts at the first leaf of the log, at ?from=N, at the next
// leaf to come (?from=end), or after the header Last-Event-ID, which
// browsers send by themselves when they reconnect. Records are unnamed events;
// with ?commits=true the leaves of commits come too, as events named "commit". Event
// ids are leaf indexes, which are the same on every gateway: a reader may go on
// at another one. A comment every 15 s keeps middleboxes and dead peers honest.
// Should the gateway fail to read its log, an event named "problem" ends the stream.
//
// # Browsers
//
// No CORS header is ever sent. A POST that a browser makes for another origin's
// page is refused (Sec-Fetch-Site, Origin). So is any request whose Host is a name with
// a dot that nobody configured: otherwise a page from anywhere could point its own name at
// this gateway's address and read what it says (DNS rebinding). Addresses,
// localhost, bare host names and the plant-local suffixes .local, .lan, .internal and
// .home.arpa are names nobody outside can own.
//
// # What it does not do
//
// It keeps no state about records, knows no users and no TLS: binding to
// loopback by default, and what stands in front when it is not, is the caller's.
//
// # Design
//
// Paths are registered without methods, and methods are chosen here, because
// http.ServeMux answers 404 and 405 in plain text. Answers to sequences are
// written by append: at 15,000 records a second the JSON encoder and one string per
// id cost more than the rest of the request. Events that are at
// hand together are written together: while a write is under way the next ones collect in the
// log, so the busier it is the fewer the system calls, and an idle log's event leaves at once.
package api
