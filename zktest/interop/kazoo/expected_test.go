package kazoo

import (
	"os"
	"strings"
	"testing"
)

// readExpected reads testdata/suite.txt: the tests that are not expected to pass, each with the reason. A line that starts
// with # is a reason, of the tests below it.
func readExpected(t *testing.T) map[string]string {
	text, err := os.ReadFile("testdata/suite.txt")
	if err != nil {
		t.Fatal(err)
	}
	expected := make(map[string]string)
	reason := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if comment, ok := strings.CutPrefix(line, "#"); ok {
			reason = strings.TrimSpace(comment)
		} else if line != "" {
			expected[line] = reason
		}
	}
	return expected
}
