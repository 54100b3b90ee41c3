package docvet_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/gazoo-go/gazoo/internal/lint/docvet"
)

func TestAnalyzer(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), docvet.Analyzer, "./...")
}
