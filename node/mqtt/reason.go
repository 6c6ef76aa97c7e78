package mqtt

import (
	"context"
	"errors"
	"strings"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/floormesh/floormesh/node"
)

// reason turns an error into an MQTT 5 reason code (section 2.4) with a reason
// string that says what to do.
func reason(err error) packets.Code {
	code := packets.ErrPayloadFormatInvalid
	hint := ""
	switch {
	case errors.Is(err, errTopic), errors.Is(err, errName):
		code = packets.ErrTopicNameInvalid
	case errors.Is(err, node.ErrNotEntitled):
		code, hint = packets.ErrNotAuthorized, "; enrol the signer's key in the mesh"
	case errors.Is(err, node.ErrOverloaded):
		code, hint = packets.ErrQuotaExceeded, "; publish it again after a pause"
	case errors.Is(err, node.ErrStopped):
		code, hint = packets.ErrImplementationSpecificError, "; publish to another gateway"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		code, hint = packets.ErrImplementationSpecificError, "; not known to be stored, publish it again"
	}
	text := err.Error()
	if len(text) > maxReasonBytes {
		text = text[:maxReasonBytes] + "…"
	}
	code.Reason = strings.ToValidUTF8(text, "\uFFFD") + hint
	return code
}
