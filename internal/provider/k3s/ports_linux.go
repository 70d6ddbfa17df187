package k3s

import (
	"fmt"
	"net"
	"strconv"

	"github.com/posthog/chart-matrix/internal/provider"
)

// networks gives arguments for the networks of pods and services where k3s's
// own, 10.42.0.0/16 and 10.43.0.0/16, hold an address of this machine.
func networks(addresses []net.Addr) []string {
	for second := 42; second <= 242; second += 10 {
		free := true
		for _, a := range addresses {
			if one, ok := a.(*net.IPNet); ok {
				for _, mine := range []int{second, second + 1} {
					pods := &net.IPNet{IP: net.IPv4(10, byte(mine), 0, 0), Mask: net.CIDRMask(16, 32)}
					if pods.Contains(one.IP) || one.Contains(pods.IP) {
						free = false
					}
				}
			}
		}
		switch {
		case free && second == 42:
			return nil
		case free:
			return []string{fmt.Sprintf("--cluster-cidr=10.%d.0.0/16", second), fmt.Sprintf("--service-cidr=10.%d.0.0/16", second+1)}
		}
	}
	return nil // k3s says what it makes of it
}

// freePort gives a port for the API server; k3s uses the next one too, for
// itself.
func (p *Provider) freePort() (int, error) {
	busy := p.host.busy
	if busy == nil {
		busy = portBusy
	}
	const first, last = 6443, 6643
	for port := first; port < last; port += 2 {
		if !busy(port) && !busy(port+1) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("%w: no two ports from %d to %d are free for the API server of k3s", provider.ErrUnavailable, first, last)
}

// portBusy tells whether somebody listens on a TCP port, at any address.
func portBusy(port int) bool {
	l, err := net.Listen("tcp", ":"+strconv.Itoa(port))
	if err != nil {
		return true
	}
	_ = l.Close() // it was to see whether it can be had
	return false
}
