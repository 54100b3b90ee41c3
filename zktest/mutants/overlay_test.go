package mutants_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gazoo-go/gazoo/zktest/mutants"
)

const root = "../.."

func TestPatchesApply(t *testing.T) {
	file, err := mutants.Overlay(root, t.TempDir(), mutants.All())
	if err != nil {
		t.Fatal(err)
	}
	var overlay struct{ Replace map[string]string }
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &overlay)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutants.All() {
		for _, p := range m.Patches {
			abs, err := filepath.Abs(filepath.Join(root, p.File))
			if err != nil {
				t.Fatal(err)
			}
			copied, err := os.ReadFile(overlay.Replace[abs])
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(copied), p.New) {
				t.Errorf("%s: the copy of %s does not have it", m.Name, p.File)
			}
			if strings.Count(p.New, "mutant.On(") != strings.Count(p.New, `mutant.On("`+m.Name+`")`) {
				t.Errorf("%s: a replacement in %s asks for another bug:\n%s", m.Name, p.File, p.New)
			}
		}
	}
}

func TestTheTableIsComplete(t *testing.T) {
	var names []string
	for _, m := range mutants.All() {
		if slices.Contains(names, m.Name) {
			t.Errorf("%s is there twice", m.Name)
		}
		names = append(names, m.Name)
		if m.What == "" || m.KnownAs == "" || m.Test.Package == "" || m.Test.Name == "" || len(m.Patches) == 0 {
			t.Errorf("%s: something is missing", m.Name)
		}
		if (m.Equivalent == "") != (m.Breaks != "") {
			t.Errorf("%s: it breaks something, or it is equivalent", m.Name)
		}
	}
	if _, err := mutants.Named("no-guid"); err != nil {
		t.Error(err)
	}
	if m, err := mutants.Named("no-such"); err == nil {
		t.Errorf("found %q", m.Name)
	}
}

func TestOverlayRefuses(t *testing.T) {
	const source = "package p\n\nfunc f() int { return 1 }\n\nfunc g() int { return 1 }\n"
	patch := func(old string) mutants.Mutant {
		return mutants.Mutant{Name: "m", Patches: []mutants.Patch{{File: "p.go", Old: old, New: "new"}}}
	}
	for _, tt := range []struct {
		name    string
		mutants []mutants.Mutant
		want    string
	}{
		{"what is not there", []mutants.Mutant{patch("return 2")}, "p.go: mutant m: its text occurs 0 times"},
		{"what is there twice", []mutants.Mutant{patch("return 1")}, "p.go: mutant m: its text occurs 2 times"},
		{"what overlaps", []mutants.Mutant{patch("func f() int"), patch("f() int { return")}, "replace the same text"},
		{"a file that is not there", []mutants.Mutant{{Name: "m", Patches: []mutants.Patch{{File: "q.go"}}}}, "q.go"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte(source), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := mutants.Overlay(dir, t.TempDir(), tt.mutants)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
