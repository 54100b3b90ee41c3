package handlertest

import (
	"context"
	"net/netip"
)

var resolveCases = []testCase{
	{"Literal", func(s *suite) {
		for _, host := range []string{"127.0.0.1", "::1", "10.1.2.3"} {
			addrs, err := s.h.Resolve(context.Background(), host).Wait()
			if err != nil || len(addrs) != 1 || addrs[0] != netip.MustParseAddr(host) {
				s.Errorf("%s resolves to %v, %v", host, addrs, err)
			}
		}
	}},
	{"Cancelled", func(s *suite) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := s.h.Resolve(ctx, "no-such-host.invalid").Wait(); err != context.Canceled {
			s.Errorf("a lookup whose context has ended returned %v", err)
		}
	}},
	{"Stopped", func(s *suite) {
		s.stop()
		if _, err := s.h.Resolve(context.Background(), "no-such-host.invalid").Wait(); err == nil {
			s.Error("a stopped handler found a host")
		}
	}},
}
