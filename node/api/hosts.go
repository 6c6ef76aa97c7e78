package api

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

// knownHost reports whether a request's Host can be this gateway's: an address,
// a name that only the plant's own resolver can give out, or one in hosts. No
// Host at all is an HTTP/1.0 program, never a browser.
func knownHost(host string, hosts []string) bool {
	if host == "" {
		return true
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	if !strings.Contains(host, ".") {
		return true
	}
	for _, suffix := range [...]string{".localhost", ".local", ".lan", ".internal", ".home.arpa"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(h, host) })
}
