package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/floormesh/floormesh/node"
)

// parameters returns r's query if it has known names only, each at most once. A
// misspelt filter that is ignored gives an answer to another question.
func parameters(r *http.Request, known ...string) (url.Values, *problem) {
	if r.URL.RawQuery == "" {
		return nil, nil
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, newProblem(badRequest, "the query is malformed; percent-encode it: "+echo(err.Error()))
	}
	for name, values := range q {
		if !slices.Contains(known, name) {
			return nil, newProblem(badRequest, unknownName("query parameter", name, known))
		}
		if len(values) > 1 {
			return nil, newProblem(badRequest, fmt.Sprintf("query parameter %q is given %d times; give it once", name, len(values)))
		}
		if !utf8.ValidString(values[0]) {
			return nil, newProblem(badRequest, fmt.Sprintf("query parameter %q is not UTF-8", name))
		}
	}
	return q, nil
}

// unknownName says that there is no such name, and which one may have been meant.
func unknownName(what, name string, known []string) string {
	if len(name) > maxEchoBytes {
		name = name[:maxEchoBytes] + "…"
	}
	said := fmt.Sprintf("unknown %s %q", what, strings.ToValidUTF8(name, "\uFFFD"))
	if len(known) == 0 {
		return said + "; none is taken here"
	}
	if near, ok := nearest(name, known); ok {
		return fmt.Sprintf("%s; did you mean %q?", said, near)
	}
	return said + "; there are " + strings.Join(known, ", ")
}

// nearest returns the known name that name most likely misspells: at most a
// third of its letters away. Ties go to the first.
func nearest(name string, known []string) (string, bool) {
	best, least := "", 1+max(1, len(name)/3)
	for _, k := range known {
		if d := editDistance(strings.ToLower(name), k); d < least {
			best, least = k, d
		}
	}
	return best, best != ""
}

// editDistance counts the bytes to insert, delete or replace (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// parseQuery reads the parameters of GET /v1/records.
func parseQuery(r *http.Request) (q node.Query, p *problem) {
	v, p := parameters(r, "device", "from", "to", "limit", "cursor")
	if p != nil {
		return q, p
	}
	q.Device, q.Cursor = v.Get("device"), v.Get("cursor")
	if len(q.Cursor) > maxCursorBytes {
		return q, newProblem(badRequest, "the cursor is none of this gateway's; leave it out to start at the first page")
	}
	if q.From, p = parseTime("from", v.Get("from")); p != nil {
		return q, p
	}
	if q.To, p = parseTime("to", v.Get("to")); p != nil {
		return q, p
	}
	if !q.From.IsZero() && !q.To.IsZero() && q.To.Before(q.From) {
		return q, newProblem(badRequest, "\"to\" lies before \"from\"; exchange them")
	}
	if v.Has("limit") {
		n, err := strconv.Atoi(v.Get("limit"))
		if err != nil || n < 1 || n > maxPage {
			return q, newProblem(badRequest, fmt.Sprintf("limit is a number from 1 to %d; take further pages with cursor", maxPage))
		}
		q.Limit = n
	}
	return q, nil
}

// parseTime reads an RFC 3339 time or seconds since 1970. Empty is the zero time.
func parseTime(name, text string) (time.Time, *problem) {
	if text == "" {
		return time.Time{}, nil
	}
	// A "+" that was not percent-encoded arrives as a space: 2026-01-02T15:04:05 01:00.
	if t, err := time.Parse(time.RFC3339Nano, strings.Replace(text, " ", "+", 1)); err == nil {
		return t, nil
	}
	const maxSeconds = 253_402_300_800 // the year 10000
	if s, err := strconv.ParseFloat(text, 64); err == nil && s >= 0 && s < maxSeconds {
		return time.UnixMilli(int64(s * 1000)), nil
	}
	return time.Time{}, newProblem(badRequest, fmt.Sprintf(
		"%s is a time like 2026-01-02T15:04:05Z (RFC 3339) or seconds since 1970", name))
}
