package kazoo

import (
	"encoding/xml"
	"os"
	"strings"
)

// An outcome is what came of a test of Kazoo's.
type outcome struct{ kind, message string }

const pass = "passed"

// readReport reads pytest's report in JUnit's format: what came of each test, as "test_file.Class.test".
func readReport(path string) (map[string]outcome, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	type problem struct {
		Message string `xml:"message,attr"`
	}
	var report struct {
		Tests []struct {
			Class   string    `xml:"classname,attr"`
			Name    string    `xml:"name,attr"`
			Failure []problem `xml:"failure"`
			Error   []problem `xml:"error"`
			Skipped []problem `xml:"skipped"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(text, &report); err != nil {
		return nil, err
	}
	outcomes := make(map[string]outcome)
	for _, test := range report.Tests {
		// What comes before the name of the file depends on where pytest saw the root.
		name := test.Class + "." + test.Name
		if i := strings.Index(name, "test_"); i > 0 {
			name = name[i:]
		}
		o := outcome{kind: pass}
		for kind, problems := range map[string][]problem{"skipped": test.Skipped, "failed": test.Failure, "broken": test.Error} {
			if len(problems) > 0 {
				o = outcome{kind, problems[0].Message}
			}
		}
		if outcomes[name].kind != "failed" { // a test whose tearDown breaks, too, is listed twice
			outcomes[name] = o
		}
	}
	return outcomes, nil
}
