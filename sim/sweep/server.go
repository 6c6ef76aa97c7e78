package sweep

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// ServerOptions say where an embedded server listens and keeps its streams.
type ServerOptions struct {
	Dir    string // for streams, and for the token that workers must show
	Listen string // host:port; "" is a free port of 127.0.0.1
}

// A Server is a NATS server with JetStream in this process.
type Server struct {
	nats  *server.Server
	token string
	host  string
}

// Serve starts a server. What its folder holds from before, it goes on with,
// under the same token.
func Serve(o ServerOptions) (*Server, error) {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	host, port, err := splitListen(o.Listen)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the queue: %w", err)
	}
	token, err := ownToken(filepath.Join(o.Dir, "token"))
	if err != nil {
		return nil, fmt.Errorf("token of the queue: %w", err)
	}
	if err := free(host, port); err != nil {
		return nil, fmt.Errorf("%w: is another sweep served there? Give another address with --listen", err)
	}
	s, err := server.NewServer(&server.Options{
		ServerName: "floorsim", Host: host, Port: port, Authorization: token,
		NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: o.Dir,
		// A power cut may lose the last seconds: what is lost is asked for again.
		SyncInterval: 5 * time.Second,
	})
	if err != nil {
		return nil, fmt.Errorf("start the queue: %w", err)
	}
	s.Start()
	if !s.ReadyForConnections(readyWait) {
		s.Shutdown()
		return nil, fmt.Errorf("the queue in %s does not start: is the disk full, or the folder not writable?", o.Dir)
	}
	return &Server{nats: s, token: token, host: host}, nil
}

// URL is what workers connect to, with the token.
func (s *Server) URL() string {
	if name, err := os.Hostname(); err == nil && s.everywhere() {
		return s.urlAt(name)
	}
	return s.urlAt(s.host)
}

// LocalURL is URL for workers of this machine, also when the server listens on
// all its addresses.
func (s *Server) LocalURL() string {
	if s.everywhere() {
		return s.urlAt("127.0.0.1")
	}
	return s.urlAt(s.host)
}

func (s *Server) everywhere() bool {
	ip := net.ParseIP(s.host)
	return ip != nil && ip.IsUnspecified()
}

func (s *Server) urlAt(host string) string {
	port := s.nats.Addr().(*net.TCPAddr).Port
	u := url.URL{Scheme: "nats", User: url.User(s.token), Host: net.JoinHostPort(host, strconv.Itoa(port))}
	return u.String()
}

// Close stops the server and waits until its files are closed.
func (s *Server) Close() {
	s.nats.Shutdown()
	s.nats.WaitForShutdown()
}

func splitListen(listen string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(listen)
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("%q is no address to listen on: write host:port, like 0.0.0.0:4222", listen)
	}
	if host == "" {
		host = "0.0.0.0"
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return host, port, nil
}

// free finds out whether a port can be had: the server would only say so in a
// log, and try for ever.
func free(host string, port int) error {
	if port == server.RANDOM_PORT {
		return nil
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return err
	}
	return l.Close()
}

// ownToken reads the token, or makes one.
func ownToken(name string) (string, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		token := rand.Text()
		return token, os.WriteFile(name, []byte(token), 0o600)
	}
	return string(text), err
}
