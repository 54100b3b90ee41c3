package picture_test

import (
	"fmt"
	"time"

	"github.com/gazoo-go/gazoo/zktest/internal/picture"
)

// twoHolders is a run in which a worker ignores that its session is suspended: five workers take turns with a lock on
// three servers; the one that holds it is cut off; its session expires; the next one gets the lock; and both believe
// that they hold it.
func twoHolders() *picture.Run {
	s := newScript(7)
	s.run.Name = "TestReportWorkers"
	s.run.Seed = "0x1f3a"
	s.run.Replay = "ZKSIM_SEED=0x1f3a ZKSIM_REV=9c1e2d0 go test ./jobs -run 'TestReportWorkers$'"
	s.run.Plan = []string{"5 workers, 3 servers, session timeout 4 s", "latency 0.5 to 2 ms, uniform",
		"fault 3: partition worker3 from all servers at 6.500 s, for 8 s", "fault 7: pause worker5 at 4.100 s, for 300 ms"}
	s.run.Beside = []picture.Link{{Text: "the history of grants, as porcupine shows it", Href: "1f3a-porcupine.html"}}
	names := []string{"worker1", "worker2", "worker3", "worker4", "worker5"}
	session := map[string]func(){}
	state := func(name, state string) {
		if end := session[name]; end != nil {
			end()
		}
		session[name] = s.begin(picture.Bar{Lane: name, Kind: picture.Session, State: state})
	}
	for i, name := range names {
		note := ""
		if i == 3 {
			note = "clock 5 % fast"
		}
		s.run.Lanes = append(s.run.Lanes, picture.Lane{Name: name, Note: note})
	}
	s.run.Lanes = append(s.run.Lanes, picture.Lane{Name: "report", Kind: picture.Other, Note: "guarded by the token"})
	for _, name := range servers {
		s.run.Lanes = append(s.run.Lanes, picture.Lane{Name: name, Kind: picture.Server})
		role := picture.Following
		if name == leader {
			role = picture.Leading
		}
		s.begin(picture.Bar{Lane: name, Kind: picture.Role, State: picture.Looking})()
		s.begin(picture.Bar{Lane: name, Kind: picture.Role, State: role})
	}

	server := func(i int) string { return servers[i%3] }
	token := int64(0)
	acquire := func(i int, then func(int64)) {
		name := names[i]
		s.ask(name, server(i), "create", fmt.Sprintf("/locks/report/_c_%04x-lock-", 0x9f31+i*77), "created …0000000007", true, func() {
			s.ask(name, server(i), "getChildren", "/locks/report", "5 children", false, func() {
				token++
				then(token)
			})
		})
	}
	var grants []uint64
	write := func(name string, token int64) {
		s.send(picture.Arrow{From: name, To: "report", Kind: picture.Call, Label: fmt.Sprintf("write, token %d", token), Subject: "report"}, nil)
	}
	hold := func(name string, token int64) (release func()) {
		s.mark(name, picture.Note, fmt.Sprintf("acquired /locks/report, token %d", token))
		grants = append(grants, s.step)
		return s.begin(picture.Bar{Lane: name, Kind: picture.Lock, Lock: "/locks/report", Token: token})
	}
	for i, name := range names {
		s.after(time.Duration(5+i*3)*ms, func() {
			state(name, picture.Connecting)
			s.send(picture.Arrow{From: name, To: server(i), Kind: picture.Connection, Label: "connect"}, func() {
				s.propose(server(i), "createSession "+name, "", func() {
					s.send(picture.Arrow{From: server(i), To: name, Kind: picture.Connection, Label: "session 0x10000…0" + fmt.Sprint(i)}, func() {
						state(name, picture.Connected)
						s.ping(name, server(i))
					})
				})
			})
		})
	}
	// Three short turns, then the long one.
	for turn, i := range []int{0, 3, 4} {
		s.after(time.Duration(1000+1500*turn)*ms, func() {
			acquire(i, func(token int64) {
				release := hold(names[i], token)
				s.after(200*ms, func() {
					write(names[i], token)
					s.ask(names[i], server(i), "delete", fmt.Sprintf("/locks/report/_c_%04x-lock-", 0x9f31+i*77), "deleted", true, func() {})
					release()
				})
			})
		})
	}
	s.after(4100*ms, func() {
		s.mark("worker5", picture.Fault, "paused for 300 ms")
		end := s.begin(picture.Bar{Lane: "worker5", Kind: picture.Paused})
		s.after(300*ms, end)
	})
	s.after(6200*ms, func() {
		acquire(2, func(token int64) { hold("worker3", token); write("worker3", token) })
	})
	s.after(6300*ms, func() {
		s.ask("worker2", server(1), "create", "/locks/report/_c_9f7e-lock-", "created …0000000008", true, func() {
			s.ask("worker2", server(1), "getChildren", "/locks/report", "2 children", false, func() {
				s.ask("worker2", server(1), "exists, watch", "/locks/report/_c_9fcb-lock-", "exists", false, func() {
					s.mark("worker2", picture.Note, "waits for worker3's node")
				})
			})
		})
	})
	s.after(6500*ms, func() {
		for _, to := range servers {
			s.cut[[2]string{"worker3", to}] = true
			s.cut[[2]string{to, "worker3"}] = true
		}
		s.run.Bands = append(s.run.Bands, picture.Band{Label: "partition", From: s.now, Open: true, A: []string{"worker3"}, B: servers, Step: s.step})
	})
	s.after(9200*ms, func() {
		state("worker3", picture.Suspended)
		s.mark("worker3", picture.Note, "state SUSPENDED: the program does not look")
	})
	s.after(10700*ms, func() {
		s.propose(leader, "closeSession worker3", "worker3", func() {
			s.mark("server2", picture.Note, "session of worker3 expired")
			s.send(picture.Arrow{
				From: "server2", To: "worker2", Kind: picture.Notification, Label: "NodeDeleted …_c_9fcb-lock-",
				Subject: "/locks/report/_c_9fcb-lock-",
			}, func() {
				s.ask("worker2", server(1), "getChildren", "/locks/report", "1 child", false, func() {
					token++
					hold("worker2", token)
					v := &s.run.Violation
					*v = picture.Violation{
						Name:     "lock exclusion",
						Sentence: "worker3 and worker2 both believe that they hold /locks/report, with tokens 4 and 5.",
						Detail:   "worker3's session was suspended 1.5 s ago and has expired at the servers. Nothing made it let go.",
						At:       s.now, Step: s.step, Lanes: []string{"worker2", "worker3"}, Steps: grants[len(grants)-2:],
					}
				})
			})
		})
	})
	s.until(14 * time.Second)
	return &s.run
}
