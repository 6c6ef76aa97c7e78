package sweep

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/nats-io/nats.go"
)

// A Target is a NATS server and how to be let in. Name and password or a token
// may stand in the URL; tls:// in it asks for TLS.
type Target struct {
	URL         string // several with commas between: a cluster
	Credentials string // file of a user's JWT and key, "" for none
	CA          string // file of root certificates, "" for the system's
	Certificate string // file of the client certificate; needs Key
	Key         string
	Waits       Waits // with this server
}

// A Conn is a connection to a server. It may serve one worker or one collector.
type Conn struct {
	nats  *nats.Conn
	waits Waits
}

// Close ends the connection, and what is done with it.
func (c *Conn) Close() { c.nats.Close() }

// flush waits until the server has what was sent.
func (c *Conn) flush() error { return c.nats.FlushTimeout(c.waits.Call) }

// Connect connects, and stays connected: a server that goes away is looked for
// again until patience ends.
func Connect(t Target) (*Conn, error) {
	waits := t.Waits.complete()
	options := []nats.Option{
		nats.Name("floorsim"),
		nats.MaxReconnects(int(waits.Patience / waits.Reconnect)),
		nats.ReconnectWait(waits.Reconnect),
		// Every call here returns its error. What goes wrong besides is mended by
		// the library, which otherwise prints it into the progress line.
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}
	if t.Credentials != "" {
		options = append(options, nats.UserCredentials(t.Credentials))
	}
	if t.CA != "" {
		options = append(options, nats.RootCAs(t.CA))
	}
	if (t.Certificate == "") != (t.Key == "") {
		return nil, errors.New("a client certificate and its key go together: give both or neither")
	}
	if t.Certificate != "" {
		options = append(options, nats.ClientCert(t.Certificate, t.Key))
	}
	conn, err := nats.Connect(t.URL, options...)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w: does floorsim sweep serve, or the server that it was given, listen there?", redacted(t.URL), err)
	}
	return &Conn{conn, waits}, nil
}

// redacted is a URL that may be shown: a token is where the name stands.
func redacted(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "the server"
	}
	u.User = nil
	return u.String()
}
