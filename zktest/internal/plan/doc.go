// Package plan is what a seed becomes: a simulated run as data, so that it can be printed, stored, made smaller and run
// again.
//
// # Rules
//
//   - A [Plan] holds every decision that is made before the run: scheduling policy, latencies, knobs, faults. All other
//     randomness of the run comes from streams keyed by seed, [Plan.Salt] and owner.
//   - Same seed, same [Topology], same [Swarm]: same plan. Each kind of fault, each knob and each decision draws from a
//     stream of its own, so that switching one off changes nothing about the others.
//   - Targets are names, and names may mean nothing when the fault is due: the process was not started, the server does
//     not exist, nobody leads. Such a fault does nothing. That is what lets a shrinker drop processes and faults freely.
//   - Nothing in here runs anything: there is no clock, no network and no file.
//
// # The way of a plan
//
//	p := plan.Begin(seed, swarm)       // schedule, latencies and knobs: what a world needs to be built
//	p.DrawFaults(topology, swarm)      // when the processes and servers are known: one call for each run of the test
//	p, stats := plan.Shrink(ctx, p, run, budget)
//	err := plan.Write(w, p)            // what plan.Read reads
//	fmt.Print(p.Report())              // in plain words
//
// A plan that was read from a file is complete, which [Plan.Drawn] says: nothing is drawn for it.
package plan
