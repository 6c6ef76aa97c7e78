package fleet

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// freeBase finds a base port (see node.InitOptions) whose ports are free, below
// those that systems give to outgoing connections: one of these could take a
// gateway's place while it is killed.
func freeBase(gateways int) (int, error) {
	const lowest, highest, attempts = 10_000, 32_000, 64
	var last error
	for range attempts {
		base := lowest + rand.IntN(highest-lowest-10*(gateways+1)) //nolint:gosec // only to keep two fleets apart
		if last = allFree(base, gateways); last == nil {
			return base, nil
		}
	}
	return 0, fmt.Errorf("find free ports: %w", last)
}

// allFree tries every port of every gateway: p2p, HTTP and MQTT.
func allFree(base, gateways int) error {
	for k := range gateways {
		first := base + 10*(k+1)
		for port := first; port < first+3; port++ {
			if err := isFree(port); err != nil {
				return err
			}
		}
	}
	return nil
}

func isFree(port int) error {
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	tcp, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	udp, err := net.ListenPacket("udp", addr)
	if err != nil {
		return errors.Join(err, tcp.Close())
	}
	return errors.Join(tcp.Close(), udp.Close())
}
