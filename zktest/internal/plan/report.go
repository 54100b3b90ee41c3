package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Report is the plan in plain words: what is unusual about the world, and a line for each fault, in order.
func (p *Plan) Report() string {
	var b strings.Builder
	if len(p.Without) > 0 {
		fmt.Fprintf(&b, "without %s\n", strings.Join(p.Without, ", "))
	}
	if p.Duration > 0 {
		fmt.Fprintf(&b, "run for %v\n", p.Duration)
	}
	fmt.Fprintf(&b, "schedule %s, latency %s\n", p.Schedule.words(), p.Latency.words())
	for _, name := range slices.Sorted(maps.Keys(p.Knobs)) {
		if k := knobOf(name); k != nil && p.Knobs[name] != k.Calm {
			fmt.Fprintf(&b, "%s %d instead of %d\n", name, p.Knobs[name], k.Calm)
		}
	}
	faults := slices.Clone(p.Faults)
	sortFaults(faults)
	several := slices.ContainsFunc(faults, func(f Fault) bool { return f.Run > 0 })
	for _, f := range faults {
		if several {
			fmt.Fprintf(&b, "run %d, ", f.Run)
		}
		b.WriteString(f.Words() + "\n")
	}
	if len(faults) == 0 {
		b.WriteString("no faults\n")
	}
	return b.String()
}

// Words is the fault in plain words: "17.904s for 3.2s: link worker2 -> server1 stalled".
func (f Fault) Words() string {
	when := f.At.String()
	if f.For > 0 {
		when += fmt.Sprintf(" for %v", f.For)
	} else if k := kindOf(f.Kind); k != nil && k.lasts {
		when += " until healed"
	}
	return when + ": " + f.What()
}

// What is Words without the time.
func (f Fault) What() string {
	on, to, amount := who(f.On), who(f.To), time.Duration(f.Amount)
	oneWay, bothWays := on+" -> "+to, on+" <-> "+to
	switch f.Kind {
	case Kill:
		return on + " killed, and not restarted"
	case Restart:
		return on + " killed, then restarted"
	case PowerOff:
		return on + " without power, its connections silent"
	case Pause:
		return on + " paused"
	case ClockJump:
		return fmt.Sprintf("wall clock of %s %v %s", on, amount.Abs(), either(f.Amount > 0, "forward", "back"))
	case ClockDrift:
		percent := strconv.FormatFloat(float64(max(f.Amount, -f.Amount))/10_000, 'g', -1, 64)
		return fmt.Sprintf("clocks of %s %s %% %s", on, percent, either(f.Amount > 0, "fast", "slow"))
	case SlowUser:
		return fmt.Sprintf("callbacks of %s take %v each", on, amount)
	case Stall:
		return "link " + oneWay + " stalled"
	case Partition:
		return "link " + bothWays + " stalled"
	case Isolate:
		return on + " cut off from everybody"
	case SwizzleClog:
		return on + " cut off from everybody (swizzle-clog)"
	case Reset:
		return "connections " + bothWays + " reset"
	case ResetAfter:
		return fmt.Sprintf("connection %s reset after %d more bytes", oneWay, f.Amount)
	case HalfOpen:
		return "link " + bothWays + " loses everything, and nobody is told"
	case Lose:
		return "link " + oneWay + " loses everything, and nobody is told"
	case Drip:
		return "link " + oneWay + " delivers byte by byte"
	case SlowLink:
		return fmt.Sprintf("link %s up to %v slower", bothWays, amount)
	case Silence:
		return on + " accepts connections and never answers"
	case Refuse:
		return on + " refuses connections"
	case Expire:
		return "session of " + on + " expired"
	case Drop:
		return "connection of " + on + " closed by its server"
	case BadName:
		return "name of " + on + []string{" cannot be looked up", " is looked up for ever", " stands for the next server"}[min(max(f.Amount, 0), 2)]
	case SlowDisk:
		return fmt.Sprintf("log of %s %v slower", on, amount)
	case Lag:
		return fmt.Sprintf("%s applies what is committed %v late", on, amount)
	case CutFollower:
		if !Reserved(f.On) {
			on = "the server of " + on
		}
		return on + " cut off from the other servers, not from its clients"
	case KillLeader:
		return "the leader killed, then restarted"
	case ApplyCut:
		return fmt.Sprintf("%s of %s applied, connection cut before the answer", nextWrite(f.Amount), on)
	case CutBefore:
		return fmt.Sprintf("connection cut before %s of %s is applied", nextWrite(f.Amount), on)
	case DelayReply:
		return "next reply to " + on + " held back"
	}
	return fmt.Sprintf("%s %s %s %d", f.Kind, f.On, f.To, f.Amount) // no plan that is valid has it
}

func either(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

func nextWrite(after int64) string {
	if after == 0 {
		return "next write"
	}
	return fmt.Sprintf("write number %d from now", after+1)
}

// who is the name as a reader understands it.
func who(name string) string {
	switch name {
	case Leader:
		return "the leader"
	case Follower:
		return "a follower"
	case Connected:
		return "its server"
	}
	return name
}

func (s Schedule) words() string {
	if s.Policy == PCT {
		return fmt.Sprintf("pct (depth %d, %d steps)", s.Depth, s.Steps)
	}
	return string(s.Policy)
}

func (l Latency) words() string {
	switch l.Kind {
	case Constant:
		return l.Min.String()
	case Exponential:
		return fmt.Sprintf("%v and %v more in the mean", l.Min, l.Mean)
	case LongTail:
		return fmt.Sprintf("%v to %v, sometimes 20 times that", l.Min, l.Max)
	}
	return fmt.Sprintf("%v to %v", l.Min, l.Max)
}
