package zkvet_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/gazoo-go/gazoo/internal/lint/zkvet"
)

// The expectations stand beside the lines they are about, in testdata: what is reported, and, by their absence, what
// is not.
func TestAnalyzer(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), zkvet.Analyzer, "./...")
}
