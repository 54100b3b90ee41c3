package zktest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// split divides the seeds among processes: single-threaded ones side by side are faster than one with as
// many threads, and share nothing that a test may have at package level.
func (c *checker) split() {
	c.out.Helper()
	outputs := make([]bytes.Buffer, c.jobs)
	errs := make([]error, c.jobs)
	var done sync.WaitGroup
	for i := range c.jobs {
		done.Go(func() {
			cmd := exec.Command(os.Args[0], "-test.run", runPattern(c.out.Name()), "-test.v", "-test.timeout", "0")
			cmd.Env = append(os.Environ(), "ZKSIM_JOBS=1", "GOMAXPROCS=1", fmt.Sprintf("ZKSIM_SLICE=%d/%d", i, c.jobs))
			cmd.Stdout, cmd.Stderr = &outputs[i], &outputs[i]
			errs[i] = cmd.Run()
		})
	}
	done.Wait()
	for i := range c.jobs {
		text := indent(outputs[i].String())
		if errs[i] != nil {
			c.out.Errorf("zktest: process %d of %d: %v\n%s", i+1, c.jobs, errs[i], text)
		} else {
			c.out.Logf("zktest: process %d of %d:\n%s", i+1, c.jobs, text)
		}
	}
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")
}
