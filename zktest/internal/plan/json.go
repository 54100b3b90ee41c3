package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Plans are stored for good, so what is written here stays readable: times as Go writes them ("3.2s"), the seed as the
// environment variable has it ("0x1f3a"), one line for each fault, and everything in one order.

const (
	format   = 1       // of the JSON; a plan with another number is refused
	fileSize = 4 << 20 // bytes; larger files are refused
)

type planJSON struct {
	Format   *int              `json:"format"`
	Test     string            `json:"test"`
	Seed     *string           `json:"seed"`
	Salt     uint64            `json:"salt"`
	Schedule scheduleJSON      `json:"schedule"`
	Latency  latencyJSON       `json:"latency"`
	Knobs    map[string]int64  `json:"knobs"`
	Without  []string          `json:"without"`
	Duration duration          `json:"duration"`
	Faults   []json.RawMessage `json:"faults"`
}

type scheduleJSON struct {
	Policy Policy `json:"policy"`
	Depth  int    `json:"depth,omitempty"`
	Steps  uint64 `json:"steps,omitempty"`
}

type latencyJSON struct {
	Kind LatencyKind `json:"kind"`
	Min  duration    `json:"min,omitempty"`
	Max  duration    `json:"max,omitempty"`
	Mean duration    `json:"mean,omitempty"`
}

type faultJSON struct {
	N      int             `json:"n"`
	Run    int             `json:"run,omitempty"`
	At     *duration       `json:"at"`
	For    duration        `json:"for,omitempty"`
	Kind   Kind            `json:"kind"`
	On     string          `json:"on"`
	To     string          `json:"to,omitempty"`
	Amount json.RawMessage `json:"amount,omitempty"` // a time as a string, anything else as a number
}

// A duration is written as Go writes durations.
type duration time.Duration

func (d duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

func (d *duration) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf(`a time is a string like "1.5s", not %s`, text)
	}
	parsed, err := time.ParseDuration(s)
	*d = duration(parsed)
	return err
}

// Write writes the plan as JSON, its faults in order. It fails if the plan is not valid.
func Write(w io.Writer, p Plan) error {
	p.Faults = append([]Fault(nil), p.Faults...)
	sortFaults(p.Faults)
	if err := p.Validate(); err != nil {
		return err
	}
	var b bytes.Buffer
	field := func(name string, value any) { fmt.Fprintf(&b, "  %q: %s,\n", name, line(value)) }
	b.WriteString("{\n")
	field("format", format)
	field("test", p.Test)
	field("seed", fmt.Sprintf("%#x", p.Seed))
	if p.Salt != 0 {
		field("salt", p.Salt)
	}
	field("schedule", scheduleJSON(p.Schedule))
	field("latency", latencyJSON{p.Latency.Kind, duration(p.Latency.Min), duration(p.Latency.Max), duration(p.Latency.Mean)})
	if len(p.Knobs) > 0 {
		field("knobs", p.Knobs) // sorted by name
	}
	if len(p.Without) > 0 {
		field("without", p.Without)
	}
	if p.Duration > 0 {
		field("duration", duration(p.Duration))
	}
	b.WriteString(`  "faults": [`)
	for i := range p.Faults {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n    " + line(toJSON(&p.Faults[i])))
	}
	if len(p.Faults) > 0 {
		b.WriteString("\n  ")
	}
	b.WriteString("]\n}\n")
	_, err := w.Write(b.Bytes())
	return err
}

// line is the value as JSON on one line. Nothing that is given to it can fail.
func line(value any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		panic("plan: " + err.Error())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func toJSON(f *Fault) faultJSON {
	at := duration(f.At)
	out := faultJSON{N: f.N, Run: f.Run, At: &at, For: duration(f.For), Kind: f.Kind, On: f.On, To: f.To}
	if f.Amount == 0 {
		return out
	}
	out.Amount = json.RawMessage(strconv.FormatInt(f.Amount, 10))
	if kindOf(f.Kind).amount.isTime() {
		out.Amount = json.RawMessage(line(duration(f.Amount)))
	}
	return out
}

func (u unit) isTime() bool { return u == timeLength || u == timeShift }

// Read reads what [Write] wrote, by hand changed or not. The plan it returns is valid and Drawn; its faults are in order.
// Whatever it does not understand is an [*InvalidError].
func Read(r io.Reader) (Plan, error) {
	text, err := io.ReadAll(io.LimitReader(r, fileSize+1))
	if err != nil {
		return Plan{}, fmt.Errorf("plan: %w", err)
	}
	if len(text) > fileSize {
		return Plan{}, &InvalidError{Problem: fmt.Sprintf("it has more than %d bytes", fileSize)}
	}
	var in planJSON
	if err := strictly(text, &in, ""); err != nil {
		return Plan{}, err
	}
	if err := checkKeys(json.NewDecoder(bytes.NewReader(text)), ""); err != nil {
		return Plan{}, err
	}
	switch {
	case in.Format == nil:
		return Plan{}, &InvalidError{Field: "format", Problem: "it is missing: is this a plan?"}
	case *in.Format != format:
		return Plan{}, &InvalidError{Field: "format", Problem: fmt.Sprintf("%d is not known; this is format %d", *in.Format, format)}
	case in.Seed == nil:
		return Plan{}, &InvalidError{Field: "seed", Problem: "it is missing"}
	}
	seed, err := strconv.ParseUint(*in.Seed, 0, 64)
	if err != nil {
		return Plan{}, &InvalidError{Field: "seed", Problem: fmt.Sprintf(`%q is not like "0x1f3a"`, *in.Seed), Err: err}
	}
	p := Plan{
		Test: in.Test, Seed: seed, Salt: in.Salt,
		Schedule: Schedule(in.Schedule),
		Latency: Latency{
			Kind: in.Latency.Kind,
			Min:  time.Duration(in.Latency.Min), Max: time.Duration(in.Latency.Max), Mean: time.Duration(in.Latency.Mean),
		},
		Knobs: in.Knobs, Without: in.Without, Duration: time.Duration(in.Duration), Drawn: true,
	}
	for i, raw := range in.Faults {
		f, err := readFault(raw, fmt.Sprintf("faults[%d]", i))
		if err != nil {
			return Plan{}, err
		}
		p.Faults = append(p.Faults, f)
	}
	if err := p.Validate(); err != nil { // before they are sorted: the error names a place in the file
		return Plan{}, err
	}
	sortFaults(p.Faults)
	return p, nil
}

func readFault(raw json.RawMessage, field string) (Fault, error) {
	var in faultJSON
	if err := strictly(raw, &in, field); err != nil {
		return Fault{}, err
	}
	k := kindOf(in.Kind)
	switch {
	case k == nil:
		return Fault{}, &InvalidError{Field: field + ".kind", Problem: fmt.Sprintf("there is no kind of fault %q", in.Kind)}
	case in.At == nil:
		return Fault{}, &InvalidError{Field: field + ".at", Problem: "it is missing"}
	}
	f := Fault{
		N: in.N, Run: in.Run, At: time.Duration(*in.At), For: time.Duration(in.For), Kind: in.Kind, On: in.On, To: in.To,
	}
	if in.Amount == nil {
		return f, nil
	}
	if k.amount.isTime() {
		return f, strictly(in.Amount, (*duration)(&f.Amount), field+".amount")
	}
	return f, strictly(in.Amount, &f.Amount, field+".amount")
}

// strictly decodes text, all of it, into something that has a place for all of it.
func strictly(text []byte, into any, field string) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return &InvalidError{Field: field, Problem: strings.TrimPrefix(err.Error(), "json: "), Err: err}
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return &InvalidError{Field: field, Problem: "something follows its end"}
	}
	return nil
}

// checkKeys finds what the decoder lets pass: a field that is there twice, and one that is spelled with capitals. The
// text is known to be JSON that is not nested deeply.
func checkKeys(dec *json.Decoder, field string) error {
	token, err := dec.Token()
	if err != nil {
		return &InvalidError{Field: field, Problem: err.Error(), Err: err}
	}
	switch token {
	case json.Delim('{'):
		seen := make(map[string]bool)
		for dec.More() {
			token, err := dec.Token()
			key, isKey := token.(string)
			if err != nil || !isKey {
				return &InvalidError{Field: field, Problem: "a name of a field is expected", Err: err}
			}
			inside := strings.TrimPrefix(field+"."+key, ".")
			if seen[key] {
				return &InvalidError{Field: inside, Problem: "it is there twice"}
			}
			if key != strings.ToLower(key) {
				return &InvalidError{Field: inside, Problem: "names of fields have no capitals"}
			}
			seen[key] = true
			if err := checkKeys(dec, inside); err != nil {
				return err
			}
		}
		_, err = dec.Token()
	case json.Delim('['):
		for i := 0; dec.More(); i++ {
			if err := checkKeys(dec, fmt.Sprintf("%s[%d]", field, i)); err != nil {
				return err
			}
		}
		_, err = dec.Token()
	}
	if err != nil {
		return &InvalidError{Field: field, Problem: err.Error(), Err: err}
	}
	return nil
}
