package mqtt

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/floormesh/floormesh/dag/senml"
)

const (
	topicCOSE     = "floormesh/cose"
	topicReadings = "readings/"
)

// What can be wrong with a publish before a gateway has seen it.
var (
	errTopic   = errors.New("topic is neither " + topicCOSE + " nor " + topicReadings + "<device>/<measurement>")
	errName    = errors.New("bad name in topic")
	errPayload = errors.New("bad payload")
)

// statement is what a publish says: a signed message, or a pack to sign.
type statement struct {
	cose []byte
	pack senml.Pack
}

// parse makes a statement of a publish; now gives the time, never the same
// twice. Errors: errTopic, errName, errPayload. A COSE message aliases payload.
func parse(topic string, payload []byte, now func() float64) (statement, error) {
	if len(payload) > maxPayloadBytes {
		return statement{}, fmt.Errorf("%w: %d bytes, at most %d", errPayload, len(payload), maxPayloadBytes)
	}
	if topic == topicCOSE {
		if len(payload) == 0 {
			return statement{}, fmt.Errorf("%w: empty, expected a COSE message", errPayload)
		}
		return statement{cose: payload}, nil
	}
	device, measurement, err := parseTopic(topic)
	if err != nil {
		return statement{}, err
	}
	pack, err := parsePayload(device, measurement, payload, now)
	return statement{pack: pack}, err
}

// parseTopic takes readings/<device>/<measurement> apart.
func parseTopic(topic string) (device, measurement string, err error) {
	rest, ok := strings.CutPrefix(topic, topicReadings)
	if !ok {
		return "", "", fmt.Errorf("%w: %s", errTopic, quote(topic))
	}
	device, measurement, ok = strings.Cut(rest, "/")
	if !ok {
		return "", "", fmt.Errorf("%w: %s has no measurement", errTopic, quote(topic))
	}
	if len(device)+1+len(measurement) > senml.MaxNameBytes {
		return "", "", fmt.Errorf("%w: device and measurement have %d bytes, at most %d",
			errName, len(device)+1+len(measurement), senml.MaxNameBytes)
	}
	for level := range strings.SplitSeq(rest, "/") {
		if err := checkLevel(level); err != nil {
			return "", "", err
		}
	}
	return device, measurement, nil
}

// checkLevel applies RFC 8428 section 4.5.1 to one level of a topic, and asks
// each to begin as a whole name must: so a level can be read by itself.
func checkLevel(level string) error {
	if level == "" {
		return fmt.Errorf("%w: empty level", errName)
	}
	for i := range len(level) {
		c := level[i]
		alphanumeric := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alphanumeric && (i == 0 || strings.IndexByte("-:._", c) < 0) {
			return fmt.Errorf("%w: %s: letters, digits and - : . _ are allowed, a letter or digit first", errName, quote(level))
		}
	}
	if end := level[len(level)-1]; end == ':' {
		return fmt.Errorf("%w: %s ends with a colon", errName, quote(level))
	}
	return nil
}

// parsePayload reads a plain number or a pack of the topic's device. A number,
// and what in a pack has a relative time or none, was measured now.
func parsePayload(device, measurement string, payload []byte, now func() float64) (senml.Pack, error) {
	text := bytes.TrimSpace(payload)
	if len(text) > 0 && text[0] == '[' {
		pack, err := parsePack(device, measurement, text)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errPayload, err)
		}
		return pack.Absolute(now()), nil
	}
	value, ok := parseNumber(string(text))
	if !ok {
		return nil, fmt.Errorf("%w: neither a number nor a SenML-JSON array: %s", errPayload, quote(string(text)))
	}
	pack := senml.Reading(device, measurement, "", value, 0)
	pack[0].Time = new(now()) // to the microsecond, which Reading's argument has not
	return pack, nil
}

// parseNumber reads a finite decimal number as people and sensors write it,
// without ParseFloat's hexadecimal, underscores and words.
func parseNumber(text string) (float64, bool) {
	const longestNumber = 400 // a float64 in full has 325 digits
	if len(text) > longestNumber || strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && !math.IsInf(v, 0)
}

// parsePack reads a pack and holds it to the topic's device: all its names must
// lie below that device's.
func parsePack(device, measurement string, text []byte) (senml.Pack, error) {
	pack, err := senml.ParseJSON(text)
	if errors.Is(err, senml.ErrName) {
		pack, err = parseNameless(device, measurement, text, err)
	}
	if err != nil {
		return nil, err
	}
	if pack[0].BaseName == nil && !belongs(pack[0].Name, device) {
		pack[0].BaseName = new(device + "/")
	}
	if found := pack.Device(); found != device {
		return nil, fmt.Errorf("the pack is of device %s, its topic of %s", quote(found), quote(device))
	}
	base := ""
	for i := range pack {
		if pack[i].BaseName != nil {
			base = *pack[i].BaseName
		}
		if name := base + pack[i].Name; !belongs(name, device) {
			return nil, fmt.Errorf("record %d: %s is not of the topic's device %s", i, quote(name), quote(device))
		}
	}
	return pack, nil
}

// parseNameless reads a pack that leaves all names to its topic. SenML does not
// allow that, so a name is put before it for the parser. refusal is what to
// return if some record has a name after all.
func parseNameless(device, measurement string, text []byte, refusal error) (senml.Pack, error) {
	opening := `[{"bn":"` + device + "/" + measurement + `"},` // checked: nothing in it needs escaping
	pack, err := senml.ParseJSON(append([]byte(opening), text[1:]...))
	if err != nil {
		return nil, refusal
	}
	pack = pack[1:]
	for i := range pack {
		if pack[i].BaseName != nil || pack[i].Name != "" {
			return nil, refusal
		}
		pack[i].Name = measurement
	}
	return pack, nil
}

// belongs reports whether a full name is device's or lies below it. A base
// name "press-7/" alone counts, and so does "press-7:", as URNs have it.
func belongs(name, device string) bool {
	rest, ok := strings.CutPrefix(name, device)
	return ok && (rest == "" || rest[0] == '/' || rest[0] == ':')
}

// quote returns text for an error or a log: bounded, and on one line.
func quote(text string) string {
	const longestQuote = 60
	if len(text) > longestQuote {
		return strconv.Quote(text[:longestQuote]) + "…"
	}
	return strconv.Quote(text)
}
