package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
	"github.com/floormesh/floormesh/node"
)

// post answers POST /v1/records.
func (a *api) post(w http.ResponseWriter, r *http.Request) *problem {
	q, p := parameters(r, "class")
	if p != nil {
		return p
	}
	class, p := parseClass(q.Get("class"))
	if p != nil {
		return p
	}
	mediaType, p := contentType(r)
	if p != nil {
		return p
	}
	body, release, p := a.readBody(w, r, maxBody(mediaType))
	defer release()
	if p != nil {
		return p
	}
	ctx, cancel := context.WithTimeout(r.Context(), a.submit)
	defer cancel()
	if mediaType == typeSequence {
		return a.postSequence(ctx, w, class, body)
	}
	return a.postOne(ctx, w, class, mediaType, body)
}

// parseClass reads which of the gateway's lanes a record goes to. Alarms and
// administration do not queue behind readings.
func parseClass(text string) (dag.LaneNumber, *problem) {
	const readings, alarms, administration = "readings", "alarms", "administration"
	switch text {
	case "", readings:
		return dag.LaneReadings, nil
	case alarms:
		return dag.LaneAlarms, nil
	case administration:
		return dag.LaneAdministration, nil
	default:
		return 0, newProblem(badRequest, unknownName("class", text, []string{readings, alarms, administration}))
	}
}

func (a *api) postOne(ctx context.Context, w http.ResponseWriter, class dag.LaneNumber, mediaType string, body []byte) *problem {
	receipts, p := a.submitOne(ctx, class, mediaType, body)
	if p != nil {
		a.metrics.records.refused.Inc()
		return p
	}
	if len(receipts) != 1 {
		return a.miscounted(len(receipts), 1)
	}
	c := a.count(receipts)
	a.metrics.add(c)
	if err := receipts[0].Err; err != nil {
		return problemOf(err)
	}
	answer := append(a.appendReceipt(make([]byte, 0, 128), &receipts[0]), '\n')
	h := w.Header()
	h.Set("Location", "/v1/records/"+receipts[0].ID.String())
	a.answer(w, c.status(), answer)
	return nil
}

// submitOne hands one body to the gateway. Bodies that are no SenML never get there.
func (a *api) submitOne(ctx context.Context, class dag.LaneNumber, mediaType string, body []byte) ([]node.Receipt, *problem) {
	var (
		pack senml.Pack
		err  error
	)
	switch mediaType {
	case typeSenMLJSON:
		pack, err = senml.ParseJSON(body)
	case typeSenMLCBOR:
		pack, err = senml.ParseCBOR(body)
	default:
		return a.gateway.Submit(ctx, class, [][]byte{body}), nil
	}
	if err != nil {
		return nil, newProblem(badRecord, echo(err.Error())+"; RFC 8428 says what a pack may hold")
	}
	// Without a time of its own, the next equal reading would be the same statement.
	pack = pack.Absolute(a.stamps.Seconds())
	return a.gateway.Attest(ctx, class, []senml.Pack{pack}), nil
}

// postSequence submits the items of a sequence together and answers each.
func (a *api) postSequence(ctx context.Context, w http.ResponseWriter, class dag.LaneNumber, body []byte) *problem {
	items, read := splitSequence(body, maxSequenceItems+1)
	if len(items) > maxSequenceItems {
		return newProblem(tooLarge, fmt.Sprintf("more than %d records in one request; send them in several", maxSequenceItems))
	}
	var receipts []node.Receipt
	if len(items) > 0 {
		receipts = a.gateway.Submit(ctx, class, items)
	}
	if len(receipts) != len(items) {
		return a.miscounted(len(receipts), len(items))
	}
	var broken *problem
	if read < len(body) {
		broken = newProblem(badRecord, fmt.Sprintf(
			"byte %d begins no CBOR item of definite length; nothing from there on was read", read))
	}
	return a.answerSequence(w, receipts, broken)
}

// answerSequence writes one element per receipt, and one for what could not be
// read as an item.
func (a *api) answerSequence(w http.ResponseWriter, receipts []node.Receipt, broken *problem) *problem {
	c := a.count(receipts)
	const usualElementBytes = 96
	b := append(make([]byte, 0, 3+usualElementBytes*(len(receipts)+1)), '[')
	var first *problem
	for i := range receipts {
		if i > 0 {
			b = append(b, ',')
		}
		if receipts[i].Err == nil {
			b = a.appendReceipt(b, &receipts[i])
			continue
		}
		p := problemOf(receipts[i].Err)
		if first == nil {
			first = p
		}
		b = appendProblem(b, i, p)
	}
	if broken != nil {
		c.refused++
		if first == nil {
			first = broken
		}
		if len(receipts) > 0 {
			b = append(b, ',')
		}
		b = appendProblem(b, len(receipts), broken)
	}
	b = append(b, ']')
	a.metrics.add(c)
	if c.stored+c.known == 0 {
		first.items = b
		return first
	}
	a.answer(w, c.status(), append(b, '\n'))
	return nil
}

func (a *api) answer(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone asks again
}

// appendReceipt appends {"id":…,"status":…}, for a known record with what has
// become of it and "known":true.
func (a *api) appendReceipt(b []byte, r *node.Receipt) []byte {
	b = append(b, `{"id":"`...)
	b = a.ids.append(b, r.ID)
	b = append(b, `","status":"`...)
	if !r.Known {
		b = append(b, node.StatusStored...)
		return append(b, `"}`...)
	}
	status := node.StatusStored
	if v, err := a.gateway.Record(r.ID); err == nil {
		status = v.Status
	}
	b = append(b, status...)
	return append(b, `","known":true}`...)
}

// appendProblem appends the problem with one item of a sequence.
func appendProblem(b []byte, index int, p *problem) []byte {
	slug, title, status := p.kind.describe()
	b = append(b, `{"index":`...)
	b = strconv.AppendInt(b, int64(index), 10)
	b = append(b, `,"type":`...)
	b = appendJSONString(b, typeURI(slug))
	b = append(b, `,"title":`...)
	b = appendJSONString(b, title)
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, `,"detail":`...)
	b = appendJSONString(b, p.detail)
	return append(b, '}')
}

// counts says what became of the records of one request.
type counts struct{ stored, known, refused int }

func (a *api) count(receipts []node.Receipt) (c counts) {
	for i := range receipts {
		switch {
		case receipts[i].Err != nil:
			c.refused++
		case receipts[i].Known:
			c.known++
		default:
			c.stored++
		}
	}
	return c
}

// status is 202 if there is anything new.
func (c counts) status() int {
	if c.stored > 0 {
		return http.StatusAccepted
	}
	return http.StatusOK
}

func (m *metrics) add(c counts) {
	m.records.stored.Add(float64(c.stored))
	m.records.known.Add(float64(c.known))
	m.records.refused.Add(float64(c.refused))
}

// miscounted is for a gateway that breaks its contract.
func (a *api) miscounted(got, want int) *problem {
	a.log.Error("gateway answered another number of records",
		slog.Int("records", want), slog.Int("receipts", got))
	return newProblem(internal, "the gateway lost count of its records; look for yours at GET /v1/records and report this")
}
