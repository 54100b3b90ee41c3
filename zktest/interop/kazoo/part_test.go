package kazoo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gazoo-go/gazoo/zktest/interop/internal/server"
)

// A suiteResult is what came of some files of the suite.
type suiteResult struct {
	name     string
	outcomes map[string]outcome
	output   []byte // of the last process
	err      error
}

// hangLimit is how long a test may take, and a quarter of it those that are known to hang sometimes. The longest take 20 s.
const hangLimit = 40 * time.Second

// runPart runs some files of the suite. That tests fail or hang is no error.
func runPart(ctx context.Context, name, interpreter, bin string, files, suspects []string) (r suiteResult) {
	r.name = name
	port, release, err := freePort()
	if err != nil {
		r.err = err
		return r
	}
	defer release()
	lib, err := filepath.Abs("testdata/lib")
	if err != nil {
		r.err = err
		return r
	}
	journal := filepath.Join(bin, name+".journal")
	environment := append(server.Environment(),
		"PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"),
		"PYTHONPATH="+lib,
		"JOURNAL="+journal, fmt.Sprint("JOURNAL_LIMIT=", hangLimit.Seconds()), "JOURNAL_SUSPECTS="+strings.Join(suspects, " "),
		"ZOOKEEPER_CLASSPATH=.", "ZOOKEEPER_VERSION=3.9.5", "ZOOKEEPER_CLUSTER_SIZE=1",
		fmt.Sprint("ZOOKEEPER_PORT_OFFSET=", port),
	)
	// A test that hangs ends the process, and another one goes on with the next test.
	traces := make(map[string]string) // of those that hang
	for more := true; more && r.err == nil; {
		// Nothing is captured (-s): pytest shows what it has of a test that fails, not of one after which a server died.
		cmd := server.Command(ctx, interpreter, append([]string{"-B", "-m", "pytest", "-s", "-q",
			"-p", "no:cacheprovider", "-p", "journal"}, files...)...)
		cmd.Dir, cmd.Env = bin, environment
		r.run(cmd)
		outcomes, err := readJournal(journal)
		r.outcomes, r.err = outcomes, errors.Join(r.err, err)
		more = false
		for test, o := range outcomes {
			if _, known := traces[test]; o.kind == hung && !known {
				_, trace, _ := bytes.Cut(r.output, []byte("Timeout ("))
				traces[test] = string(tail(trace))
				more = true
			}
		}
	}
	for test, trace := range traces {
		r.outcomes[test] = outcome{hung, trace}
	}
	return r
}

// run runs pytest.
func (r *suiteResult) run(cmd *exec.Cmd) {
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.WaitDelay = 5 * time.Second // a server that it leaves behind holds the pipe
	err := cmd.Run()
	_ = server.KillGroup(cmd) // there is none left, if all went well
	r.output = output.Bytes()
	const testsFailed, noneLeft = 1, 5
	exit, ok := errors.AsType[*exec.ExitError](err)
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) && (!ok || exit.ExitCode() != testsFailed && exit.ExitCode() != noneLeft) {
		r.err = err
	}
	if i := bytes.Index(r.output, []byte("WARNING: DATA RACE")); i >= 0 {
		r.err = errors.Join(r.err, fmt.Errorf("zkserver has a data race\n%s", r.output[i:]))
	}
}

func tail(text []byte) []byte { return text[max(0, len(text)-4000):] }
