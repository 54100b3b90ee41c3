package core

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gazoo-go/gazoo/internal/wire"
)

// Quotas. That of path P is a pair of nodes, /zookeeper/quota/P/zookeeper_limits, which a client writes, and
// zookeeper_stats, which the server keeps up to date behind everybody's back: no version, zxid or watch tells of it.
//
//	limits  count=n,bytes=n=;byteHardLimit=n;countHardLimit=n   -1 or nothing for no limit
//	stats   count=n,bytes=n                                     P included
//
// A node counts for the nearest quota above it only. There is none on the root. Limits that are not hard are only ever
// logged, which is to say, ignored here; hard ones are refused if Config.EnforceQuota says so (3.7).

const (
	limitsName = "zookeeper_limits"
	statsName  = "zookeeper_stats"
)

// quotaOf is the path that a node below /zookeeper/quota is about, "" for none.
func quotaOf(n *node) string {
	if p := n.parent; p != nil && strings.HasPrefix(p.path, quotaPath+"/") {
		return p.path[len(quotaPath):]
	}
	return ""
}

// nearestQuota is the nearest path at or above path that has a quota, "" for none.
func (s *State) nearestQuota(path string) string {
	if len(s.quotas) == 0 {
		return ""
	}
	for ; path != ""; path = parentOf(path) {
		if _, ok := s.quotas[path]; ok {
			return path
		}
	}
	return ""
}

// account adds to the stats of the nearest quota.
func (s *State) account(path string, count int64, size int) {
	quota := s.nearestQuota(path)
	if quota == "" {
		return
	}
	stats := s.tree.get(quotaPath + quota + "/" + statsName)
	if stats == nil {
		return
	}
	have, err := parseQuota(stats.data)
	others := ""
	if err != nil {
		have = quotaNumbers{}
	} else {
		others = otherNumbers(stats.data)
	}
	s.setStats(stats, have.count+count, have.bytes+int64(size), others)
}

func (s *State) setStats(stats *node, count, size int64, others string) {
	s.tree.setData(stats, fmt.Appendf(nil, "count=%d,bytes=%d%s", count, size, others))
}

// otherNumbers is what a client has written into stats that does not belong there, as ZooKeeper writes it again (3.7).
func otherNumbers(text []byte) string {
	others := map[string]string{}
	for field := range strings.FieldsFuncSeq(string(text), func(r rune) bool { return r == ',' || r == ';' }) {
		if key, value, _ := strings.Cut(field, "="); key != "count" && key != "bytes" {
			others[key] = strings.TrimRight(value, "=")
		}
	}
	if len(others) == 0 {
		return ""
	}
	out := "="
	for _, key := range slices.Sorted(maps.Keys(others)) {
		out += ";" + key + "=" + others[key]
	}
	return out
}

// created and deleted keep up with quotas that come and go.
func (s *State) created(n *node) {
	if quota := quotaOf(n); quota != "" {
		switch n.name() {
		case limitsName:
			s.quotas[quota] = struct{}{}
		case statsName:
			count, size := int64(0), int64(0)
			if top := s.tree.get(quota); top != nil {
				top.walk(func(n *node) {
					count++
					size += int64(len(n.data))
				})
			}
			s.setStats(n, count, size, "")
		}
	}
	s.account(n.path, 1, len(n.data))
}

func (s *State) deleted(n *node) {
	if quota := quotaOf(n); quota != "" && n.name() == limitsName {
		delete(s.quotas, quota)
	}
	s.account(n.path, -1, -len(n.data))
}

type quotaNumbers struct{ count, bytes, hardCount, hardBytes int64 }

// parseQuota reads limits or stats. ZooKeeper is not prepared for an error, and no data at all is one.
func parseQuota(text []byte) (quotaNumbers, error) {
	q := quotaNumbers{-1, -1, -1, -1}
	if text == nil {
		return q, errors.New("no data")
	}
	for field := range strings.FieldsFuncSeq(string(text), func(r rune) bool { return r == ',' || r == ';' }) {
		key, value, _ := strings.Cut(field, "=")
		n, err := strconv.ParseInt(strings.TrimRight(value, "="), 10, 64)
		if err != nil {
			return q, err
		}
		switch key {
		case "count":
			q.count = n
		case "bytes":
			q.bytes = n
		case "countHardLimit":
			q.hardCount = n
		case "byteHardLimit":
			q.hardBytes = n
		}
	}
	return q, nil
}

// quota refuses what would exceed a hard limit, by what is applied, not by what is proposed: a multi may exceed it.
func (p *proposal) quota(path string, count int64, size int) wire.Code {
	cfg, s := &p.leader.cfg, p.leader.state
	quota := s.nearestQuota(path)
	if !cfg.EnforceQuota || !cfg.Version.from(3, 7, 0) || quota == "" {
		return wire.OK
	}
	limits := s.tree.get(quotaPath + quota + "/" + limitsName)
	if limits == nil {
		return wire.OK
	}
	limit, err := parseQuota(limits.data)
	if err != nil {
		return wire.CodeMarshallingError
	}
	counted, weighed := count != 0 && (limit.count > -1 || limit.hardCount > -1), size != 0 && (limit.bytes > -1 || limit.hardBytes > -1)
	stats := s.tree.get(quotaPath + quota + "/" + statsName)
	if !counted && !weighed || stats == nil {
		return wire.OK
	}
	have, err := parseQuota(stats.data)
	switch {
	case err != nil:
		return wire.CodeMarshallingError
	case counted && limit.hardCount > -1 && have.count+count > limit.hardCount,
		weighed && limit.hardBytes > -1 && have.bytes+int64(size) > limit.hardBytes:
		return wire.CodeQuotaExceeded
	}
	return wire.OK
}
