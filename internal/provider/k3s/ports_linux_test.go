package k3s

import (
	"errors"
	"net"
	"slices"
	"testing"

	"github.com/posthog/chart-matrix/internal/provider"
)

func TestNetworks(t *testing.T) {
	for _, c := range []struct {
		here string
		want []string
	}{
		{"192.168.1.7/24", nil},
		{"fe80::1/64", nil},
		{"10.1.2.3/24", nil},
		{"10.42.9.1/24", []string{"--cluster-cidr=10.52.0.0/16", "--service-cidr=10.53.0.0/16"}},
		{"10.43.255.1/30", []string{"--cluster-cidr=10.52.0.0/16", "--service-cidr=10.53.0.0/16"}},
		{"10.40.0.1/13", []string{"--cluster-cidr=10.52.0.0/16", "--service-cidr=10.53.0.0/16"}}, // .40 to .47
		{"10.1.2.3/8", nil}, // there is no other
	} {
		ip, network, err := net.ParseCIDR(c.here)
		if err != nil {
			t.Fatal(err)
		}
		if got := networks([]net.Addr{&net.IPNet{IP: ip, Mask: network.Mask}}); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q", c.here, got)
		}
	}
}

func TestFreePort(t *testing.T) {
	taken := map[int]bool{6443: true, 6446: true}
	p := &Provider{host: host{busy: func(port int) bool { return taken[port] }}}
	if got, err := p.freePort(); err != nil || got != 6447 {
		t.Errorf("got %d, %v", got, err)
	}
	p.host.busy = func(int) bool { return true }
	if _, err := p.freePort(); !errors.Is(err, provider.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestPortBusy(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if !portBusy(port) {
		t.Error("a port with a listener at one address is not busy")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if portBusy(port) {
		t.Error("a port without a listener is busy")
	}
}

func TestIsVersion(t *testing.T) {
	for _, c := range []struct {
		tag, asked string
		want       bool
	}{
		{"v1.33.4+k3s1", "1.33", true},
		{"v1.33.4+k3s2", "1.33.4", true},
		{"v1.33.4+k3s2", "1.33.4+k3s1", false},
		{"v1.33.4+k3s1", "1.33.5", false},
		{"v1.33.4+k3s1", "1.34", false},
		{"v1.34.0-rc2+k3s1", "1.34.0", false},
		{"v1.34.0-rc2+k3s1", "1.34.0-rc2", true},
	} {
		if got := isVersion(c.tag, version(t, c.asked)); got != c.want {
			t.Errorf("%s as %s: %t", c.tag, c.asked, got)
		}
	}
}
