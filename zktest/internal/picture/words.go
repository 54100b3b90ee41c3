package picture

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// clean makes text fit for XML: no control characters but line feeds, no broken UTF-8.
func clean(s string) string {
	plain := true
	for i := range len(s) {
		if c := s[i]; (c < ' ' && c != '\n') || c >= 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r < ' ' && r != '\n', r == utf8.RuneError, r >= 0x7f && r < 0xa0, r >= 0xfffe:
			return '·'
		}
		return r
	}, strings.ToValidUTF8(s, "·"))
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func escape(s string) string { return escaper.Replace(clean(s)) }

// oneLine is for labels.
func oneLine(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// letterWidths is by ASCII letter, for a font of size 1.
var letterWidths = func() (widths [128]float64) {
	for c := range widths {
		switch {
		case strings.ContainsRune("iljtfrI.,:;'|!/()[] -", rune(c)):
			widths[c] = 0.38
		case strings.ContainsRune("mwMW@%", rune(c)):
			widths[c] = 0.98
		case c >= 'A' && c <= 'Z':
			widths[c] = 0.72
		default:
			widths[c] = 0.62
		}
	}
	return widths
}()

// textWidth estimates the width of text in a sans-serif font of that size, rather too large than too small.
func textWidth(s string, size float64) float64 {
	w := 0.0
	for _, r := range s {
		switch {
		case r < 128:
			w += letterWidths[r]
		case r > 0x2e80 || strings.ContainsRune("→←↔✂…—", r):
			w += 0.98
		default:
			w += 0.62
		}
	}
	return w * size
}

// fit cuts text to a width. Of a name or path the last part is kept, too: there they differ.
func fit(s string, width, size float64) string {
	if textWidth(s, size) <= width {
		return s
	}
	runes := []rune(s)
	if most := int(width/(0.38*size)) + 1; len(runes) > 2*most { // the rest cannot fit, however narrow
		runes = append(runes[:most:most], runes[len(runes)-most:]...)
	}
	tail := 0
	if strings.Contains(s, "/") || !strings.Contains(s, " ") {
		tail = len(runes) / 3
	}
	for head := len(runes) - tail - 1; ; {
		cut := string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
		if textWidth(cut, size) <= width || head+tail <= 1 {
			return cut
		}
		if tail > 0 && tail*2 > head {
			tail--
		} else {
			head--
		}
	}
}

// wrap breaks text into at most that many lines; what is left over is cut.
func wrap(s string, width, size float64, lines int) []string {
	var out []string
	line := ""
	words := strings.Fields(clean(s))
	for i, word := range words {
		longer := word
		if line != "" {
			longer = line + " " + word
		}
		if line == "" || textWidth(longer, size) <= width {
			line = longer
			continue
		}
		if len(out) == lines-1 {
			line = line + " " + strings.Join(words[i:], " ")
			break
		}
		out = append(out, fit(line, width, size))
		line = word
	}
	return append(out, fit(line, width, size))
}

// clock writes a moment: 17.104 s, with as many digits as tell it from its neighbours.
func clock(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) + " s" }

// clockFine is for details.
func clockFine(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 6, 64) + " s" }

// length writes how long something took: 2.1 ms, 3.5 s.
func length(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + length(-d)
	case d < time.Millisecond:
		return strconv.FormatInt(d.Microseconds(), 10) + " µs"
	case d < 10*time.Millisecond:
		return strconv.FormatFloat(float64(d)/1e6, 'f', 1, 64) + " ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + " s"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
}

// names joins as a sentence does: a, b and c.
func names(list []string) string {
	switch n := len(list); n {
	case 0:
		return ""
	case 1:
		return list[0]
	default:
		return strings.Join(list[:n-1], ", ") + " and " + list[n-1]
	}
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

const maxDump = 256

// dump is the beginning of a frame in hexadecimal.
func dump(frame []byte) string {
	if len(frame) == 0 {
		return ""
	}
	text := strings.TrimRight(hex.Dump(frame[:min(len(frame), maxDump)]), "\n")
	if len(frame) > maxDump {
		text += fmt.Sprintf("\n… %s more", plural(len(frame)-maxDump, "byte"))
	}
	return text
}

// shorten cuts a detail to a number of bytes.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
