package picture

import (
	"fmt"
	"strings"
	"time"
)

// barLabel is what is written beside a bar.
func barLabel(b *Bar) string {
	if b.Label != "" {
		return oneLine(b.Label)
	}
	switch b.Kind {
	case Lock:
		label := "holds " + oneLine(b.Lock)
		if b.Token != 0 {
			label += fmt.Sprintf(", token %s", tokenText(b.Token))
		}
		return label
	case Paused:
		return "paused"
	case Down:
		return "down"
	case Session:
		if b.State == Lost {
			return "session lost"
		}
	}
	return oneLine(b.State)
}

// tokenText writes zxids as ZooKeeper does.
func tokenText(token int64) string {
	if token < 1<<16 {
		return fmt.Sprint(token)
	}
	return fmt.Sprintf("%#x", token)
}

// barStory is a bar in a sentence without a subject: "believes that its session is suspended".
func barStory(b *Bar) string {
	switch b.Kind {
	case Lock:
		text := "believes that it holds " + oneLine(b.Lock)
		if b.Token != 0 {
			text += fmt.Sprintf(" (token %s)", tokenText(b.Token))
		}
		return text
	case Paused:
		return "stands still"
	case Down:
		return "is down"
	case Session:
		return "session is " + oneLine(b.State)
	case Role:
		return "is " + oneLine(b.State)
	}
	return barLabel(b)
}

func bandLabel(b *Band) string {
	label := oneLine(b.Label)
	if label == "" {
		label = "cut off"
	}
	switch sign := " ✂ "; {
	case len(b.A) == 0:
	case len(b.B) == 0:
		label += ": " + strings.Join(b.A, ", ")
	case b.OneWay:
		label += ": " + strings.Join(b.A, ", ") + " → " + strings.Join(b.B, ", ")
	default:
		label += ": " + strings.Join(b.A, ", ") + sign + strings.Join(b.B, ", ")
	}
	return label
}

// A detail is what is shown of a thing when somebody points at it: a heading, then lines.

func arrowDetail(a *Arrow, limit int) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s → %s: %s\n", a.From, a.To, oneLine(a.Label))
	fmt.Fprintf(&s, "sent at %s%s", clockFine(a.Sent), inStep(a.SentStep))
	switch {
	case a.Lost:
		s.WriteString("; never arrived")
	default:
		fmt.Fprintf(&s, "\narrived at %s, %s later%s", clockFine(a.Arrived), length(a.Arrived-a.Sent), inStep(a.ArrivedStep))
	}
	if a.Unanswered {
		s.WriteString("; never answered")
	}
	if a.Subject != "" {
		s.WriteString("\nabout " + a.Subject)
	}
	if a.Detail != "" {
		s.WriteString("\n\n" + shorten(a.Detail, limit))
	}
	if limit > 0 && len(a.Bytes) > 0 {
		fmt.Fprintf(&s, "\n\n%s:\n%s", plural(len(a.Bytes), "byte"), shorten(dump(a.Bytes), limit))
	}
	return s.String()
}

func markDetail(m *Mark, limit int) string {
	return withDetail(fmt.Sprintf("%s%s\nat %s%s", prefix(m.Lane), oneLine(m.Label), clockFine(m.At), inStep(m.Step)), m.Detail, limit)
}

func barDetail(b *Bar, limit int) string {
	until := "; still so at the end of the run"
	if !b.Open {
		until = fmt.Sprintf("\nto %s, for %s%s", clockFine(b.To), length(b.To-b.From), inStep(b.ToStep))
	}
	return withDetail(fmt.Sprintf("%s%s\nfrom %s%s%s", prefix(b.Lane), barStory(b), clockFine(b.From), inStep(b.FromStep), until), b.Detail, limit)
}

func bandDetail(b *Band, limit int) string {
	until := "; never healed"
	if !b.Open {
		until = fmt.Sprintf("\nto %s, for %s", clockFine(b.To), length(b.To-b.From))
	}
	return withDetail(fmt.Sprintf("%s\nfrom %s%s%s", bandLabel(b), clockFine(b.From), inStep(b.Step), until), b.Detail, limit)
}

func withDetail(head, detail string, limit int) string {
	if detail == "" {
		return head
	}
	return head + "\n\n" + shorten(detail, limit)
}

func prefix(lane string) string {
	if lane == "" {
		return ""
	}
	return lane + ": "
}

func inStep(step uint64) string {
	if step == 0 {
		return ""
	}
	return fmt.Sprintf(" (step %d)", step)
}

// violationName and violationSentence are never empty when there is a violation.
func violationName(v *Violation) string {
	if v.Name == "" {
		return "violation"
	}
	return oneLine(v.Name)
}

func violationSentence(v *Violation) string {
	if v.Sentence != "" {
		return oneLine(v.Sentence)
	}
	if len(v.Lanes) > 0 {
		return violationName(v) + " was broken by " + names(v.Lanes) + "."
	}
	return violationName(v) + " was broken."
}

// violationText is both, and the name only once.
func violationText(v *Violation) string {
	name, sentence := violationName(v), violationSentence(v)
	if strings.HasPrefix(sentence, name) {
		return sentence
	}
	return name + ": " + sentence
}

func when(at time.Duration, step uint64) string { return "at " + clock(at) + inStepPlain(step) }

func inStepPlain(step uint64) string {
	if step == 0 {
		return ""
	}
	return fmt.Sprintf(", step %d", step)
}
