package mutants

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Overlay writes copies of the module's files, with all bugs of ms in them, below dir, and the file that tells the go
// command to take them. It returns that file's name, for -overlay.
func Overlay(root, dir string, ms []Mutant) (file string, err error) {
	byFile := make(map[string][]edit)
	for _, m := range ms {
		for _, p := range m.Patches {
			byFile[p.File] = append(byFile[p.File], edit{mutant: m.Name, old: p.Old, new: p.New})
		}
	}
	replace := make(map[string]string)
	var wrong []error
	for name, edits := range byFile {
		source, err := filepath.Abs(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			return "", err
		}
		text, err := os.ReadFile(source)
		if err != nil {
			return "", err
		}
		patched, err := apply(string(text), edits)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
			continue
		}
		copied := filepath.Join(dir, strings.ReplaceAll(name, "/", "-"))
		if err := os.WriteFile(copied, []byte(patched), 0o644); err != nil {
			return "", err
		}
		replace[source] = copied
	}
	if len(wrong) > 0 {
		slices.SortFunc(wrong, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		return "", errors.Join(wrong...)
	}
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(map[string]any{"Replace": replace}); err != nil {
		return "", err
	}
	file = filepath.Join(dir, "overlay.json")
	return file, os.WriteFile(file, b.Bytes(), 0o644)
}

// An edit is a patch, where it was found.
type edit struct {
	mutant   string
	old, new string
	at       int
}

// switchPackage is what the replacements ask.
const switchPackage = "github.com/gazoo-go/gazoo/internal/mutant"

var packageClause = regexp.MustCompile(`(?m)^package \w+$`)

// apply makes all edits of one file, and imports what they ask. No line of the file gets another number before the
// first edit.
func apply(text string, edits []edit) (string, error) {
	var wrong []error
	for i := range edits {
		e := &edits[i]
		if n := strings.Count(text, e.old); n != 1 {
			wrong = append(wrong, fmt.Errorf("mutant %s: its text occurs %d times, and should occur once:\n%s", e.mutant, n, e.old))
		}
		e.at = strings.Index(text, e.old)
	}
	if len(wrong) > 0 {
		return "", errors.Join(wrong...)
	}
	slices.SortFunc(edits, func(a, b edit) int { return a.at - b.at })
	var b strings.Builder
	done := 0
	for i, e := range edits {
		if e.at < done {
			return "", fmt.Errorf("mutants %s and %s replace the same text:\n%s", edits[i-1].mutant, e.mutant, e.old)
		}
		b.WriteString(text[done:e.at])
		b.WriteString(e.new)
		done = e.at + len(e.old)
	}
	b.WriteString(text[done:])
	patched := b.String()
	at := packageClause.FindStringIndex(patched)
	if at == nil {
		return "", errors.New("no package clause")
	}
	return patched[:at[1]] + `; import "` + switchPackage + `"` + patched[at[1]:], nil
}
