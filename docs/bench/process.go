package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A process is one that this one has started, and that ends when its input does.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func begin(cmd *exec.Cmd) (*process, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &process{cmd, in, bufio.NewReader(out)}, nil
}

// self starts this program as something else.
func self(args ...string) (*process, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return begin(exec.Command(exe, args...))
}

func (p *process) end() error { return errors.Join(p.in.Close(), p.cmd.Wait()) }

// do has a worker do a job.
func (p *process) do(j job) (o outcome, err error) {
	if _, err := io.WriteString(p.in, j.line()); err != nil {
		return o, err
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return o, err
	}
	if err := json.Unmarshal(line, &o); err != nil {
		return o, fmt.Errorf("%q: %w", line, err)
	}
	if o.Error != "" {
		return o, errors.New(o.Error)
	}
	return o, nil
}

// A client is one of those that are compared.
type client struct {
	name  string
	start func() (*process, error)
}

const (
	isGazoo = "gazoo"
	isGoZK  = "go-zookeeper/zk"
	isRaw   = "raw loop"
	isKazoo = "Kazoo"
	isJava  = "Java"
)

const kazooPin = "2.11.0"

var workers = map[string]func(job) (outcome, error){isGazoo: gazoo, isGoZK: goZK, isRaw: raw}

var clients = []client{
	{isGazoo, func() (*process, error) { return self("work", isGazoo) }},
	{isGoZK, func() (*process, error) { return self("work", isGoZK) }},
	{isRaw, func() (*process, error) { return self("work", isRaw) }},
	{isJava, startJava},
	{isKazoo, startKazoo},
}

// script runs one of the scripts that fetch what tests need, and returns what it prints: a directory.
func script(name string, args ...string) (string, error) {
	cmd := exec.Command(filepath.Join("..", "..", "zktest", "scripts", name), args...)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", name, err, lastLine(complaint.String()))
	}
	return strings.TrimSpace(string(out)), nil
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

func startJava() (*process, error) {
	if _, err := exec.LookPath("javac"); err != nil {
		return nil, errors.New("no JDK here (javac)")
	}
	dir, err := script("fetch-zookeeper.sh")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("java", "-Xmx1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "-cp", filepath.Join(dir, "lib", "*"),
		filepath.Join("peers", "Worker.java"))
	return begin(cmd)
}

func startKazoo() (*process, error) {
	const python = "python3"
	dir, err := script("fetch-kazoo.sh", kazooPin, python)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(python, filepath.Join("peers", "kazoo_worker.py"))
	cmd.Env = append(os.Environ(), "PYTHONPATH="+dir)
	return begin(cmd)
}
