package kazoo

import (
	"encoding/json"
	"os"
	"strings"
)

// What came of a test of Kazoo's.
const (
	passed  = "passed"
	failed  = "failed"
	skipped = "skipped"
	hung    = "hung" // began, and did not end
)

type outcome struct{ kind, message string }

// readJournal reads what testdata/lib/journal.py has written: what came of each test, as "test_file.Class.test".
func readJournal(path string) (map[string]outcome, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	outcomes := make(map[string]outcome)
	for line := range strings.Lines(string(text)) {
		entry := struct{ Test, Outcome, Message string }{Outcome: hung}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			return nil, err
		}
		outcomes[entry.Test] = outcome{entry.Outcome, entry.Message}
	}
	return outcomes, nil
}
