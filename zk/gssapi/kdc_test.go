package gssapi_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A kdc is an MIT Kerberos KDC of our own, with its database in a temporary directory and a port on the loopback interface.
type kdc struct {
	t    *testing.T
	dir  string
	conf string // krb5.conf
	addr string
	cmd  *exec.Cmd
}

const realm = "GAZOO.TEST"

// tool returns the path of a program of Debian's krb5-kdc and krb5-admin-server.
func tool(t *testing.T, name string) string {
	t.Helper()
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/usr/local/sbin", "/usr/lib/mit/sbin") {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.Mode()&0o111 != 0 {
			return filepath.Join(dir, name)
		}
	}
	t.Fatalf("there is no %s: install krb5-kdc, krb5-admin-server and krb5-user (apt-get install), or the like", name)
	return ""
}

func startKDC(t *testing.T) *kdc {
	t.Helper()
	k := &kdc{t: t, dir: t.TempDir()}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k.addr = l.Addr().String()
	l.Close()
	k.conf = k.file("krb5.conf", fmt.Sprintf(`[libdefaults]
 default_realm = %[1]s
 dns_lookup_kdc = false
 dns_lookup_realm = false
 rdns = false
 udp_preference_limit = 1
[realms]
 %[1]s = {
  kdc = %[2]s
 }
`, realm, k.addr))
	_, port, _ := net.SplitHostPort(k.addr)
	k.file("kdc.conf", fmt.Sprintf(`[kdcdefaults]
 kdc_listen = 127.0.0.1:%[2]s
 kdc_tcp_listen = 127.0.0.1:%[2]s
[realms]
 %[1]s = {
  database_name = %[3]s/principal
  key_stash_file = %[3]s/stash
  acl_file = %[3]s/acl
  max_life = 10h
  supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal aes256-cts-hmac-sha384-192:normal
 }
[logging]
 kdc = FILE:%[3]s/kdc.log
`, realm, port, k.dir))
	k.run("kdb5_util", "create", "-s", "-r", realm, "-P", "master")
	k.start()
	t.Cleanup(k.stop)
	return k
}

func (k *kdc) file(name, text string) string {
	path := filepath.Join(k.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		k.t.Fatal(err)
	}
	return path
}

func (k *kdc) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(tool(k.t, name), args...)
	cmd.Env = append(os.Environ(), "KRB5_CONFIG="+k.conf, "KRB5_KDC_PROFILE="+filepath.Join(k.dir, "kdc.conf"))
	return cmd
}

func (k *kdc) run(name string, args ...string) {
	k.t.Helper()
	if out, err := k.command(name, args...).CombinedOutput(); err != nil {
		k.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// start starts the KDC and waits until it answers.
func (k *kdc) start() {
	k.t.Helper()
	var log bytes.Buffer
	k.cmd = k.command("krb5kdc", "-n", "-r", realm, "-P", filepath.Join(k.dir, "pid"))
	k.cmd.Stdout, k.cmd.Stderr = &log, &log
	if err := k.cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", k.addr)
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(deadline) {
			k.stop()
			k.t.Fatalf("the KDC does not start: %v\n%s", err, log.String())
		}
	}
}

func (k *kdc) stop() {
	if k.cmd != nil {
		_ = k.cmd.Process.Kill()
		_ = k.cmd.Wait()
		k.cmd = nil
	}
}

// principal makes a principal with a random key of one encryption type and returns its keytab.
func (k *kdc) principal(name, etype string) string {
	k.t.Helper()
	path := filepath.Join(k.dir, strings.ReplaceAll(name, "/", "-")+".keytab")
	k.run("kadmin.local", "-r", realm, "-q", "addprinc -randkey -e "+etype+":normal "+name)
	k.run("kadmin.local", "-r", realm, "-q", "ktadd -norandkey -k "+path+" "+name)
	return path
}

// login does what kinit does and returns the credential cache.
func (k *kdc) login(name, keytab string) string {
	k.t.Helper()
	path := filepath.Join(k.dir, name+".ccache")
	k.run("kinit", "-c", "FILE:"+path, "-k", "-t", keytab, name)
	return path
}
